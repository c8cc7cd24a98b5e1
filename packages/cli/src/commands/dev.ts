import type { Input, Operation } from '../command.ts'
import { developmentDirectory } from '../configuration/locate.ts'
import { findLanAddress, type LanAddress } from '../dev/lan/lan-address.ts'
import { runDevelopment } from '../dev/run-development.ts'
import { isGiven, numberOption, textOption } from '../input.ts'

export const dev: Operation = async (input, output) => {
  const port = numberOption(input, 'port', { least: 1, most: 65_535 })
  const directory = textOption(input, 'dir') ?? developmentDirectory
  return await runDevelopment({ directory, port, lan: lanOf(input) }, output)
}

/** --lan takes a name, or none. */
function lanOf(input: Input): LanAddress | undefined {
  const name = textOption(input, 'lan')
  return name !== undefined || isGiven(input, 'lan') ? findLanAddress(name) : undefined
}
