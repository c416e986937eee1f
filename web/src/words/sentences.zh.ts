// 服务器说的每一句话的中文，按代码排列；值由服务器给出。少一句，编译就不通过。
import type { Catalog } from '../../../src/core/said.ts'
import { doctorZh } from './sentences/doctor.zh.ts'
import { electZh } from './sentences/elect.zh.ts'
import { groupZh } from './sentences/group.zh.ts'
import { planZh } from './sentences/plan.zh.ts'
import { refusalZh } from './sentences/refusal.zh.ts'
import { releaseZh } from './sentences/release.zh.ts'
import { specZh } from './sentences/spec.zh.ts'
import { statusZh } from './sentences/status.zh.ts'

export const sentences: Catalog = { ...groupZh, ...electZh, ...planZh, ...statusZh, ...doctorZh, ...specZh, ...refusalZh, ...releaseZh }
