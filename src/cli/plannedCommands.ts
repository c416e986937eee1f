// Commands for work that is planned.
import type { Command } from 'commander'
import { maintainCommand } from './maintain.ts'

export function plannedCommands(): Command[] {
  return [maintainCommand()]
}
