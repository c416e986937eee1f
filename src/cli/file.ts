// The file of `regroup apply`: groups in the form people write, judged as a whole before anything is sent.
import { UserError } from '../errors.ts'
import { readSpecInput } from '../server/specInput.ts'
import { SpecFile } from '../server/specSchemas.ts'
import { readYaml } from './yamlText.ts'

/** Throws BAD_SPEC with every problem, each with line, column and path. `file` is the name that is shown. */
export function readSpecFile(text: string, file: string): SpecFile {
  const yaml = readYaml(text, file)
  const input = yaml.readable ? readSpecInput(SpecFile, yaml.value) : null
  const problems = yaml.lines(input === null || input.ok ? [] : input.problems)
  if (problems.length > 0) throw badFile(file, problems)
  return yaml.value as SpecFile
}

function badFile(file: string, problems: readonly string[]): UserError {
  return new UserError(
    'BAD_SPEC',
    `${file} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}; nothing was changed`,
    problems,
  )
}
