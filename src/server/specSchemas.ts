// The form in which people write groups, in a YAML file and in the API's body alike. Descriptions complete the sentence "must be ...".
import { Type } from 'typebox'
import type { Static, TSchema } from 'typebox'
import { windowPattern } from '../core/dailyWindow.ts'
import { matchPattern, maxPolicyRules } from '../core/policyLayers.ts'
import { policyKeys, policyRanges, rangeRule } from '../core/policyRanges.ts'
import { say } from '../core/said.ts'
import type { NumericPolicyKey } from '../core/policyRanges.ts'
import { choices, maxNodes, maxPriority, namePattern } from '../core/spec.ts'
import type { Policy } from '../core/model.ts'
import { must } from './rules.ts'

const closed = { additionalProperties: false }
const nameRule = must(say('rule.name'))
const name = Type.String({ pattern: namePattern, description: nameRule })
/** One apply of everything at once; ten times the groups a controller is measured with. */
export const maxGroups = 20_000

const boolean = (description: string) => Type.Boolean({ description })

/** Nothing is said about a wait's own limits here but what policyRanges says. */
const policyProperties = Object.fromEntries<TSchema>(policyKeys.map((key) => [key, Type.Optional(policyValue(key))] as const))

function policyValue(key: keyof Policy): TSchema {
  if (key === 'bootFence' || key === 'acceptStaleRisk') return Type.Boolean()
  if (key === 'guard') return Type.Enum([...choices.guard])
  if (key === 'acceptSplitRisk') return Type.Enum([...choices.acceptSplitRisk])
  if (key === 'failback') return Type.Enum([...choices.failback])
  if (key === 'failbackWindow') return Type.String({ pattern: windowPattern, description: must(say('rule.window')) })
  const { min, max } = policyRanges[key satisfies NumericPolicyKey]
  return Type.Integer({ minimum: min, maximum: max, description: must(rangeRule(key)) })
}

export const PolicyInput = Type.Unsafe<Partial<Policy>>(
  Type.Object(policyProperties, { ...closed, description: 'policy keys with their values' }),
)

export const NodeInput = Type.Object(
  {
    name,
    address: Type.String({ maxLength: 270, description: must(say('rule.address')) }),
    site: Type.Optional(Type.Union([Type.Null(), name], { description: `null or ${nameRule}` })),
    priority: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: maxPriority,
        description: `0 (never promoted) to ${maxPriority}, the lowest wins a tie; 100 when not given`,
      }),
    ),
    overwrite: Type.Optional(boolean('true or false; true: whatever this node holds may be overwritten')),
  },
  { ...closed, description: 'a mapping with name and address' },
)

export const GroupInput = Type.Object(
  {
    name,
    engine: Type.Optional(Type.Enum(['redis', 'valkey', 'pika'], { description: 'redis, valkey or pika; redis when not given' })),
    credential: Type.Optional(
      Type.Union([Type.Null(), name], { description: `null or ${nameRule}; it names an entry of credentials in regroup.yaml` }),
    ),
    tls: Type.Optional(boolean('true or false; true: nodes are spoken to over TLS')),
    policy: Type.Optional(PolicyInput),
    nodes: Type.Array(NodeInput, { minItems: 1, maxItems: maxNodes, description: `a list of 1 to ${maxNodes} nodes` }),
  },
  { ...closed, description: 'a mapping with name and nodes' },
)

export const PolicyRuleInput = Type.Object(
  {
    match: Type.String({ pattern: matchPattern, description: must(say('rule.match')) }),
    policy: PolicyInput,
  },
  { ...closed, description: 'a mapping with match and policy' },
)

const content = {
  policies: Type.Optional(
    Type.Array(PolicyRuleInput, {
      maxItems: maxPolicyRules,
      description: `a list of at most ${maxPolicyRules} policies, all of them: for groups whose names match, a later one wins`,
    }),
  ),
  groups: Type.Optional(Type.Array(GroupInput, { maxItems: maxGroups, description: 'a list of groups, each in its whole wanted state' })),
  remove: Type.Optional(Type.Array(name, { maxItems: maxGroups, description: 'a list of names of groups' })),
}

/** What `regroup apply` reads. Groups that are named nowhere stay as they are. */
export const SpecFile = Type.Object(content, { ...closed, description: 'a mapping with groups, policies or remove' })

export const why = Type.String({ maxLength: 500, description: 'a text of at most 500 characters; it stands in the history' })

export const ApplyBody = Type.Object(
  {
    ...content,
    why: Type.Optional(why),
    dryRun: Type.Optional(boolean('true or false; true: only say what would change')),
    ifRevision: Type.Optional(
      Type.Union([Type.Null(), Type.Integer({ minimum: 0 })], {
        description: 'null or a revision; the request is refused when the current revision is another one',
      }),
    ),
  },
  { ...closed, description: 'a mapping with groups, policies or remove' },
)

export type NodeInput = Static<typeof NodeInput>
export type GroupInput = Static<typeof GroupInput>
export type SpecFile = Static<typeof SpecFile>
export type ApplyBody = Static<typeof ApplyBody>
