// Commands for work that is planned.
import type { Command } from 'commander'
import { maintainCommand } from './maintain.ts'
import { planCommand } from './plan.ts'
import { rollCommand } from './roll.ts'
import { scheduleCommand } from './schedule.ts'

export function plannedCommands(): Command[] {
  return [planCommand(), maintainCommand(), rollCommand(), scheduleCommand()]
}
