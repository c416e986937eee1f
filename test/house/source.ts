// Reads a TypeScript file just well enough to tell code from comments, strings, templates and regular expressions.

export interface Import {
  /** As written: './model.ts', 'node:fs', 'fastify'. */
  readonly from: string
  readonly line: number
  /** `import type` or `export type`: gone at run time. */
  readonly typeOnly: boolean
}

export interface Source {
  /** From the repository's root: src/core/model.ts. */
  readonly path: string
  readonly text: string
  /** The text with everything that is not code blanked, as long as the text and line by line the same. */
  readonly code: string
  readonly imports: readonly Import[]
}

const beforeRegex = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|delete|void|throw|new|do|else|instanceof|await|yield))\s*$/

export function readSource(path: string, text: string): Source {
  const code = codeOf(text)
  return { path, text, code, imports: importsOf(text, code) }
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

/** Blanks what is not code; the quotes of strings stay, so that a string can be found by its place. */
function codeOf(text: string): string {
  let code = ''
  /** Open braces inside each `${` that we are in; empty outside of templates. */
  const templates: number[] = []
  const blank = (upTo: number): void => {
    code += text.slice(code.length, upTo).replace(/[^\n]/g, ' ')
  }
  while (code.length < text.length) {
    const at = code.length
    const char = text.charAt(at)
    const two = text.slice(at, at + 2)
    const depth = templates.at(-1)
    if (two === '//') blank(endOf(text, '\n', at))
    else if (two === '/*') blank(Math.min(text.length, endOf(text, '*/', at + 2) + 2))
    else if (char === '/' && beforeRegex.test(code)) blank(endOfRegex(text, at))
    else if (char === "'" || char === '"') {
      code += char
      blank(endOfString(text, char, at + 1))
      if (code.length < text.length) code += char
    } else if (char === '`' || (char === '}' && depth === 0)) {
      if (char === '}') templates.pop()
      code += char
      const end = endOfTemplate(text, at + 1)
      blank(end)
      if (text.charAt(end) === '`') code += '`'
      else if (end < text.length) {
        code += '${'
        templates.push(0)
      }
    } else {
      if (depth !== undefined && char === '{') templates[templates.length - 1] = depth + 1
      if (depth !== undefined && char === '}') templates[templates.length - 1] = depth - 1
      code += char
    }
  }
  return code
}

function endOf(text: string, what: string, from: number): number {
  const found = text.indexOf(what, from)
  return found === -1 ? text.length : found
}

function endOfString(text: string, quote: string, from: number): number {
  let at = from
  while (at < text.length && text.charAt(at) !== quote && text.charAt(at) !== '\n') at += text.charAt(at) === '\\' ? 2 : 1
  return Math.min(at, text.length)
}

/** The place of the closing backtick or of the next `${`. */
function endOfTemplate(text: string, from: number): number {
  let at = from
  while (at < text.length && text.charAt(at) !== '`' && text.slice(at, at + 2) !== '${') at += text.charAt(at) === '\\' ? 2 : 1
  return Math.min(at, text.length)
}

/** After the closing slash; a slash inside brackets does not close. */
function endOfRegex(text: string, from: number): number {
  let bracket = false
  for (let at = from + 1; at < text.length && text.charAt(at) !== '\n'; at++) {
    const char = text.charAt(at)
    if (char === '\\') at++
    else if (char === '[') bracket = true
    else if (char === ']') bracket = false
    else if (char === '/' && !bracket) return at + 1
  }
  return from + 1
}

const importing = /\b(?:(?:import|export)\s+(?<kind>type\s)?[^;'"`()]*?\bfrom\s*|import\s*\(\s*|import\s+)(?<quote>['"])/g

function importsOf(text: string, code: string): Import[] {
  return [...code.matchAll(importing)].map((match) => {
    const start = match.index + match[0].length
    const from = text.slice(start, endOfString(text, match.groups?.['quote'] ?? "'", start))
    return { from, line: lineAt(text, match.index), typeOnly: match.groups?.['kind'] !== undefined }
  })
}
