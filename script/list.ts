// Lists what `script/run NAME` can run: the npm scripts, each with the sentence package.json keeps for it.
import { readFileSync } from 'node:fs'

type Manifest = { scripts: Record<string, string>; describe: Record<string, string> }
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as Manifest
const width = Math.max(...Object.keys(manifest.scripts).map((name) => name.length))

console.log('script/run NAME [args] runs one of:\n')
for (const name of Object.keys(manifest.scripts)) {
  console.log(`  ${name.padEnd(width)}  ${manifest.describe[name] ?? ''}`)
}
