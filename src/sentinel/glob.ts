// Patterns of channels as PSUBSCRIBE takes them: `*`, `?`, `[-+]`, `[^a]`, `[a-z]`, and `\` before what is meant literally.

type Part = '*' | ((char: string) => boolean)

/** Whether all of `text` matches. Time: at most pattern length times text length. Source: PSUBSCRIBE's page, and a real server's answers. */
export function matches(pattern: string, text: string): boolean {
  const parts = partsOf(pattern)
  let [at, next] = [0, 0]
  // Where to go on when the last star must take one character more.
  let [starNext, starAt] = [-1, 0]
  while (at < text.length) {
    const part = parts[next]
    if (part === '*') {
      starNext = ++next
      starAt = at
    } else if (part?.(text.charAt(at)) === true) {
      at += 1
      next += 1
    } else if (starNext >= 0) {
      next = starNext
      at = ++starAt
    } else return false
  }
  return parts.slice(next).every((part) => part === '*')
}

function partsOf(pattern: string): readonly Part[] {
  const parts: Part[] = []
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at)
    if (char === '*') parts.push('*')
    else if (char === '?') parts.push(() => true)
    else if (char === '[') {
      const [part, end] = setOf(pattern, at + 1)
      parts.push(part)
      at = end
    } else if (char === '\\' && at + 1 < pattern.length) {
      const literal = pattern.charAt(++at)
      parts.push((given) => given === literal)
    } else parts.push((given) => given === char)
  }
  return parts
}

/** A set from behind its bracket; with where it ends. An open one ends with the pattern. */
function setOf(pattern: string, start: number): readonly [Part, number] {
  const isNegated = pattern.charAt(start) === '^'
  const ranges: (readonly [string, string])[] = []
  let at = isNegated ? start + 1 : start
  for (; at < pattern.length && pattern.charAt(at) !== ']'; at++) {
    if (pattern.charAt(at) === '\\' && at + 1 < pattern.length) at += 1
    const [from, to] = [pattern.charAt(at), pattern.charAt(at + 2)]
    if (pattern.charAt(at + 1) === '-' && to !== '') {
      ranges.push(from <= to ? [from, to] : [to, from])
      at += 2
    } else ranges.push([from, from])
  }
  return [(char) => ranges.some(([from, to]) => from <= char && char <= to) !== isNegated, at]
}
