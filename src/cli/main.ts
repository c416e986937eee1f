#!/usr/bin/env node
// The `regroup` command as it is started. A command is typed and waited for: what Node has compiled of it is kept for the next one, which
// must be asked for before anything of it is loaded.
import { enableCompileCache } from 'node:module'
import { cacheFolder } from './cacheFolder.ts'

const folder = cacheFolder(process.env)
if (folder !== null) enableCompileCache(folder)

const { main } = await import('./program.ts')
process.exitCode = await main(process.argv.slice(2))
