import type { Operation } from '../command.ts'
import { developmentDirectory } from '../configuration/locate.ts'
import { runDevelopment } from '../dev/run-development.ts'
import { numberOption, textOption } from '../input.ts'

export const dev: Operation = async (input, output) => {
  const port = numberOption(input, 'port', { least: 1, most: 65_535 })
  const directory = textOption(input, 'dir') ?? developmentDirectory
  return await runDevelopment({ directory, port }, output)
}
