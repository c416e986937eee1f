// The version of this regroup, as package.json says it.
import { readFileSync } from 'node:fs'

// Two folders up from the source and from what is built of it.
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }

export const version = manifest.version
