// Every engine by its name.
import type { EngineName } from '../core/model.ts'
import type { Engine } from './engine.ts'
import { pika } from './pika.ts'
import { redis } from './redis.ts'
import { valkey } from './valkey.ts'

const engines: Readonly<Record<EngineName, Engine>> = { redis, valkey, pika }

export function engineOf(name: EngineName): Engine {
  return engines[name]
}
