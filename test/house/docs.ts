// What holds for the pages: links lead somewhere, the two READMEs have the same shape, every script has its sentence.
import { posix } from 'node:path'

/** Pages by their path from the root. `exists` answers for every other path. */
export interface Pages {
  readonly pages: ReadonlyMap<string, string>
  readonly exists: (path: string) => boolean
}

interface Line {
  readonly text: string
  readonly number: number
}

const fence = /^\s*(```|~~~)/

/** A page's lines outside of its code blocks. */
function prose(page: string): Line[] {
  let inCode = false
  const lines: Line[] = []
  for (const [index, text] of page.split('\n').entries()) {
    if (fence.test(text)) inCode = !inCode
    else if (!inCode) lines.push({ text, number: index + 1 })
  }
  return lines
}

function headings(page: string): string[] {
  return prose(page).flatMap(({ text }) => {
    const [, , title] = /^(#{1,6})\s+(.+?)\s*#*$/.exec(text) ?? []
    return title === undefined ? [] : [title]
  })
}

/** The anchors that GitHub gives a page's headings, and those it has in HTML. */
export function anchors(page: string): Set<string> {
  const found = new Set([...page.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)].map((match) => match[1] ?? ''))
  for (const title of headings(page)) {
    const plain = title.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
    const slug = plain.replace(/[^\p{L}\p{N}\p{M}\p{Pc}\- ]/gu, '').replaceAll(' ', '-')
    let anchor = slug
    for (let again = 1; found.has(anchor); again++) anchor = `${slug}-${again}`
    found.add(anchor)
  }
  return found
}

const link = /!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)|\b(?:href|src)="([^"]+)"|^\[[^\]]+\]:\s*(\S+)/g

/** Links to files and headings that are not there. */
export function links({ pages, exists }: Pages): string[] {
  const offences: string[] = []
  for (const [path, page] of pages) {
    for (const { text, number } of prose(page)) {
      const withoutCode = text.replace(/`[^`]*`/g, '')
      for (const match of withoutCode.matchAll(link)) {
        const to = match[1] ?? match[2] ?? match[3] ?? ''
        if (/^[a-z][a-z+.-]*:|^\/\//i.test(to)) continue
        const [file = '', anchor] = to.split('#')
        const target = file === '' ? path : posix.join(posix.dirname(path), decodeURIComponent(file))
        const other = pages.get(target)
        if (other === undefined && !exists(target)) offences.push(`${path}:${number}: links to ${to}, which does not exist`)
        else if (anchor !== undefined && other !== undefined && !anchors(other).has(decodeURIComponent(anchor))) {
          offences.push(`${path}:${number}: links to ${to}, but ${target} has no such heading`)
        }
      }
    }
  }
  return offences
}

/** A page's code blocks, each with the line that it begins at. */
function codeBlocks(page: string): { readonly text: string; readonly number: number }[] {
  const blocks: { text: string; number: number }[] = []
  let inCode = false
  for (const [index, line] of page.split('\n').entries()) {
    if (fence.test(line)) {
      inCode = !inCode
      if (inCode) blocks.push({ text: '', number: index + 1 })
    } else if (inCode) {
      const block = blocks.at(-1)
      if (block !== undefined) block.text += `${line}\n`
    }
  }
  return blocks
}

/** Two languages of one page have as many headings, and the same code blocks. */
export function sameShape(name: string, page: string, otherName: string, other: string): string[] {
  const [blocks, others] = [codeBlocks(page), codeBlocks(other)]
  const counts = [
    ['headings', headings(page).length, headings(other).length],
    ['code blocks', blocks.length, others.length],
  ] as const
  const differing = blocks.flatMap(({ text, number }, index) => {
    const same = others[index]
    return same === undefined || same.text === text ? [] : [`${name}:${number} and ${otherName}:${same.number}: the code blocks differ`]
  })
  return [
    ...counts.flatMap(([what, one, two]) => (one === two ? [] : [`${name} has ${one} ${what}, ${otherName} has ${two}`])),
    ...differing,
  ]
}

export interface Manifest {
  readonly scripts: Readonly<Record<string, string>>
  readonly describe: Readonly<Record<string, string>>
}

/** Every script has a sentence for `script/run`, and no sentence outlives its script. */
export function described({ scripts, describe }: Manifest): string[] {
  return [
    ...Object.keys(scripts).flatMap((name) =>
      (describe[name] ?? '').trim().includes(' ') ? [] : [`package.json: script "${name}" has no sentence in "describe"`],
    ),
    ...Object.keys(describe).flatMap((name) => (name in scripts ? [] : [`package.json: "describe" has "${name}", which is no script`])),
  ]
}
