// `regroup doctor`: what could make a failover fail or lose data, with the way out.
import { Command } from 'commander'
import type { DoctorReport } from '../core/doctor/finding.ts'
import { UserError } from '../errors.ts'
import { doctorText } from './doctorText.ts'
import { sessionOf } from './session.ts'

/** As of a linter: something is to be mended. */
const foundSomething = 1

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('what could make a failover fail or lose data, each with its way out; exit code 1 when there is something')
    .argument('[group]')
    .option('--now', 'look now instead of telling what the last look found')
    .action(async (group: string | undefined, options: { now?: boolean }, command: Command) => {
      const session = sessionOf(command)
      const { client, paint } = session
      const path = '/api/v1/doctor'
      const body = group === undefined ? {} : { group }
      const all = options.now === true ? await client.post<DoctorReport>(path, body) : await client.get<DoctorReport>(path)
      const report = group === undefined ? all : { ...all, groups: all.groups.filter((one) => one.group === group) }
      if (group !== undefined && report.groups.length === 0)
        throw new UserError('UNKNOWN_GROUP', `there is no group ${group}; \`regroup status\` lists them`)
      session.show(report, () => doctorText(report, paint))
      if (report.groups.some(({ findings }) => findings.length > 0)) process.exitCode = foundSomething
    })
}
