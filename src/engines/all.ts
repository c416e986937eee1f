// Every engine by its name.
import type { EngineName } from '../core/model.ts'
import type { Engine } from './engine.ts'
import { redis } from './redis.ts'
import { valkey } from './valkey.ts'

const engines: Partial<Record<EngineName, Engine>> = { redis, valkey }

/** The engine, or null when this version cannot manage it yet. */
export function engineOf(name: EngineName): Engine | null {
  return engines[name] ?? null
}
