// Builds the page in web/ into dist/web/, each file also compressed, and says what it weighs. `--watch` builds again when a source changes.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { constants, brotliCompressSync, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { type Plugin, build } from 'vite'

const { values } = parseArgs({ options: { watch: { type: 'boolean' }, quiet: { type: 'boolean' } } })
const web = fileURLToPath(new URL('../web', import.meta.url))
const out = fileURLToPath(new URL('../dist/web', import.meta.url))

await build({
  root: web,
  configFile: false,
  logLevel: 'warn',
  plugins: [react(), { name: 'compress', closeBundle: compress } satisfies Plugin],
  build: {
    outDir: out,
    emptyOutDir: true,
    // No data: URLs; the content security policy has no place for them.
    assetsInlineLimit: 0,
    target: 'es2023',
    // On a busy machine it would tell people how long its own parts took.
    rolldownOptions: { checks: { pluginTimings: false } },
    watch: values.watch === true ? {} : null,
  },
})

function compress(): void {
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && /\.(?:js|css|html|svg)$/.test(entry.name),
  )
  const weights = files.map(({ parentPath, name }) => {
    const path = join(parentPath, name)
    const bytes = readFileSync(path)
    const packed = gzipSync(bytes, { level: 9 })
    writeFileSync(`${path}.gz`, packed)
    writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }))
    return { name, gzip: packed.length }
  })
  if (values.quiet === true) return
  for (const { name, gzip } of weights.sort((a, b) => b.gzip - a.gzip)) console.log(`${(gzip / 1024).toFixed(1).padStart(7)} KiB  ${name}`)
  const fonts = readdirSync(join(out, 'assets')).filter((name) => /latin-wght.*\.woff2$/.test(name))
  const total = weights.reduce((sum, { gzip }) => sum + gzip, 0)
  console.log(
    `${(total / 1024).toFixed(1).padStart(7)} KiB  in all, compressed with gzip, besides ${fonts.length} fonts that are fetched for Latin text`,
  )
}
