import { existsSync } from 'node:fs'
import path from 'node:path'
import { Problem } from '@sallyport/problem'
import {
  answersTemplate,
  type GivenAnswers,
  readAnswers,
  withDefaults,
} from '../assess/answers-file.ts'
import { askAnswers, askAtTerminal } from '../assess/ask-answers.ts'
import { makeReport } from '../assess/report.ts'
import { reportText } from '../assess/report-text.ts'
import type { Input, Operation } from '../command.ts'
import { writeFileAtomically } from '../files/write-file.ts'
import { productionLayout } from '../init/production-layout.ts'
import { isGiven, textOption } from '../input.ts'
import type { Output } from '../terminal/output.ts'
import { shellLine } from '../terminal/shell.ts'

export const assess: Operation = async (input, output) => {
  if (isGiven(input, 'template')) {
    const template = answersTemplate()
    output.result({ template }, template)
    return 0
  }
  const file = textOption(input, 'output')
  if (file !== undefined) refuseExisting(file)
  const given = await givenAnswers(input, output)
  const report = makeReport(given, file === undefined ? '.' : path.dirname(file))
  if (file !== undefined) writeFileAtomically(file, report.configuration)
  output.result({ ...report, output: file ?? null }, () => {
    const advice = reportText(report, output.paint)
    if (file !== undefined) return advice
    const heading = output.paint('bold', 'A sallyport.yaml to begin with (--output writes it)')
    return `${advice}\n\n${heading}\n\n${report.configuration.trimEnd()}`
  })
  if (file !== undefined) output.say(nextWords(file, given))
  return 0
}

/** What is left to do: the file names keys and certificates that `sallyport init` makes. */
function nextWords(file: string, { names }: GivenAnswers): string {
  const { caFile, configFile } = productionLayout(path.dirname(file))
  if (existsSync(caFile)) {
    return `Next: sallyport config validate --config ${file}; then it can take the place of ${configFile}`
  }
  const init = shellLine(
    'sallyport',
    'init',
    '--dir',
    'production',
    '--trust-domain',
    names.trustDomain,
    '--app-id',
    names.appId,
    '--api-host',
    names.apiHost,
  )
  return `It names keys and certificates that are made by: ${init}\nNext: put it into that folder, and sallyport config validate --config production/${path.basename(file)}`
}

function refuseExisting(file: string): void {
  if (!existsSync(file)) return
  throw new Problem('command_usage', {
    detail: '--output is there already, and was not written over',
    expected: 'the name of a new file',
    found: file,
  })
}

/** Of the file, else asked at the terminal; with --yes the usual ones. */
async function givenAnswers(input: Input, output: Output): Promise<GivenAnswers> {
  const [file] = input.arguments
  if (file !== undefined) return readAnswers(file)
  if (isGiven(input, 'yes')) return withDefaults({})
  if (output.interactive) return await askAnswers(askAtTerminal)
  throw new Problem('command_usage', {
    detail: 'There is nobody to ask, and no file of answers',
    expected: 'sallyport assess answers.yaml, and --template for such a file; or --yes',
  })
}
