// What holds for the page: every word of its dictionary, every class and every colour of its style sheets is used somewhere.

const letters = '[\\w.-]'
/** A template with one value in it: `nodes.${key}`, `${kind}.add`. What is put in may have templates of its own; then it is another one. */
const template = new RegExp(`\`(${letters}*)\\$\\{[^{}\`]*\\}(${letters}*)\``, 'g')

/** Keys that no text says, and no template whose value is said somewhere in `all`. `texts`: the page's sources without its dictionaries. */
export function unusedWords(keys: readonly string[], texts: readonly string[], all: readonly string[]): string[] {
  const page = texts.join('\n')
  const said = new Set(all.join('\n').match(/[\w-]+/g))
  const templates = [...page.matchAll(template)].map(([, before = '', after = '']) => ({ before, after }))
  const made = (key: string): boolean =>
    templates.some(({ before, after }) => {
      if (!`${before}${after}`.includes('.') || !key.startsWith(before) || !key.endsWith(after)) return false
      const value = key.slice(before.length, key.length - after.length)
      return value !== '' && (value.match(/[\w-]+/g) ?? []).every((word) => said.has(word))
    })
  return keys
    .filter((key) => !page.includes(`'${key}'`) && !made(key))
    .map((key) => `"${key}" is said nowhere; take it out of every dictionary`)
}

/** Classes that style nothing, and colours and lengths that nothing has. */
export function unusedStyles(sheets: ReadonlyMap<string, string>, texts: readonly string[]): string[] {
  const page = texts.join('\n')
  const literals = page.match(/'[^'\n]*'|"[^"\n]*"|`[^`]*`/g) ?? []
  const named = new Set(literals.join('\n').match(/[\w-]+/g))
  const rules = [...sheets.values()].join('\n')
  return [...sheets].flatMap(([path, sheet]) => {
    const plain = sheet.replace(/\/\*[\s\S]*?\*\//g, '')
    const classes = [...new Set([...plain.matchAll(/\.(-?[a-zA-Z_][\w-]*)/g)].map(([, name = '']) => name))]
    const properties = [...new Set([...plain.matchAll(/(?<=^|[{;\s])(--[\w-]+)\s*:/g)].map(([, name = '']) => name))]
    return [
      ...classes.filter((name) => !named.has(name)).map((name) => `${path}: nothing has the class ${name}`),
      ...properties
        .filter((name) => !rules.includes(`var(${name}`) && !page.includes(`'${name}'`))
        .map((name) => `${path}: nothing uses ${name}`),
    ]
  })
}
