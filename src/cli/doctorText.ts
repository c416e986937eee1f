// What the doctor found, as people read it. Data in, text out.
import type { Checkup, DoctorReport, Finding, Severity } from '../core/doctor/finding.ts'
import { counted, duration, instant, safe } from './words.ts'
import type { Colour, Paint } from './words.ts'

const colours: Readonly<Record<Severity, Colour>> = { serious: 'red', warning: 'yellow', advice: 'grey' }

/** Groups with findings, each finding with its way out; groups without are only counted. */
export function doctorText(report: DoctorReport, paint: Paint): string {
  if (report.groups.length === 0) return 'no groups yet\n'
  const ill = report.groups.filter(({ findings, unexamined }) => findings.length > 0 || unexamined.length > 0)
  const parts = ill.map((group) => [paint('bold', group.group), ...checkupLines(group, paint)].join('\n'))
  const ignored = report.ignored.length === 0 ? [] : [`not told, by regroup.yaml: ${report.ignored.join(', ')}`]
  return `${[...parts, [`${summary(report.groups)}; looks every ${duration(report.everyMs)}`, ...ignored].join('\n')].join('\n\n')}\n`
}

/** `3 findings in 2 of 5 groups, looked 2026-11-22 07:00:00Z, next 2026-11-22 07:10:00Z`: the newest look, and the next one. */
export function summary(checkups: readonly Checkup[]): string {
  const findings = checkups.reduce((sum, checkup) => sum + checkup.findings.length, 0)
  const ill = checkups.filter((checkup) => checkup.findings.length > 0).length
  const [looked, next] = [checkups.map(({ at }) => at).filter(known), checkups.map(({ nextAt }) => nextAt).filter(known)]
  const where = checkups.length === 1 || findings === 0 ? '' : ` in ${ill} of ${counted(checkups.length, 'group')}`
  return [
    looked.length === 0 ? 'not looked yet' : `${findings === 0 ? 'no findings' : counted(findings, 'finding')}${where}`,
    ...(looked.length === 0 ? [] : [`looked ${instant(Math.max(...looked))}`]),
    ...(next.length === 0 ? [] : [`next ${instant(Math.min(...next))}`]),
  ].join(', ')
}

function known(at: number | null): at is number {
  return at !== null
}

function checkupLines({ findings, unexamined }: Checkup, paint: Paint): string[] {
  return [
    ...findings.flatMap((finding) => [
      `  ${headline(finding, paint)}`,
      `    way out: ${safe(finding.wayOut)}`,
      ...finding.commands.map((command) => `      ${safe(command)}`),
    ]),
    ...unexamined.map(({ node, why }) => `  ${paint('grey', 'not examined')}  ${node}: ${safe(why)}`),
  ]
}

function headline({ id, severity, sentence }: Finding, paint: Paint): string {
  return `${paint(colours[severity], severity)}  ${id}  ${safe(sentence)}`
}

/** The doctor's part of the status of one group. */
export function statusLines(checkup: Checkup, group: string, paint: Paint): string[] {
  const more = checkup.findings.length === 0 ? '' : `; way out: \`regroup doctor ${group}\``
  return [`doctor: ${summary([checkup])}${more}`, ...checkup.findings.map((finding) => `  ${headline(finding, paint)}`)]
}
