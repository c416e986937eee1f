// Valkey 7.2 and newer: Redis' replication and commands under its own name and version field.
import { streamEngine } from './redis.ts'

export const valkey = streamEngine('valkey')
