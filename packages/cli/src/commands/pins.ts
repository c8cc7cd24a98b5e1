import path from 'node:path'
import { generate, pinSetFaults, refuseFaultySets, targetNames, targets } from '@sallyport/pins'
import { Problem } from '@sallyport/problem'
import type { Input, Operation } from '../command.ts'
import { writeFileAtomically } from '../files/write-file.ts'
import { choiceOption, textOption } from '../input.ts'
import { explained, explanationText } from '../pins/explain-pins.ts'
import { hostsNamed, pinsOf } from '../pins/pins-option.ts'

export const generatePins: Operation = async (input, output) => {
  const target = targets[requiredTarget(input)]
  const file = pinsOf(input)
  const now = Date.now()
  refuseFaultySets(file, now)
  const { files, notes } = generate(target, file, {
    javaPackage: textOption(input, 'javaPackage') ?? 'pins',
  })
  const [main, ...others] = files
  if (main === undefined) throw new TypeError('a target makes a file')
  const folder = textOption(input, 'out')
  if (folder === undefined) {
    const text = main.content.toString('utf8')
    output.result({ target: target.name, file: main.name, text, notes }, () => text.trimEnd())
    for (const other of others) output.say(`It needs ${other.name} as well: --out <folder>`)
  } else {
    for (const each of files) writeFileAtomically(path.join(folder, each.name), each.content)
    const written = files.map(({ name }) => path.join(folder, name))
    output.result({ target: target.name, files: written, notes }, () => written.join('\n'))
  }
  for (const { host, what } of pinSetFaults(file, now)) output.say(`! ${host}: ${what}`)
  for (const note of notes) output.say(`! ${note}`)
  return 0
}

export const explainPins: Operation = async (input, output) => {
  const file = pinsOf(input)
  const found = explained(hostsNamed(file, input.arguments[0]), file, Date.now())
  output.result(found, () => found.map((host) => explanationText(host, output.paint)).join('\n\n'))
  return 0
}

function requiredTarget(input: Input): (typeof targetNames)[number] {
  const name = choiceOption(input, 'target', targetNames)
  if (name !== undefined) return name
  throw new Problem('command_usage', {
    detail: '--target is missing',
    expected: targetNames.join(', '),
  })
}
