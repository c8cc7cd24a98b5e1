import { existsSync } from 'node:fs'
import path from 'node:path'
import { Problem } from '@sallyport/problem'
import { type Input } from '../command.ts'
import { textOption } from '../input.ts'

/** Where `sallyport dev` lays everything out unless told otherwise. */
export const developmentDirectory = path.join('.sallyport', 'dev')

export const configFileName = 'sallyport.yaml'

/**
 * The configuration file of a command: --config, else SALLYPORT_CONFIG, else ./sallyport.yaml, else
 * what `sallyport dev` wrote below this folder.
 *
 * @throws Problem `config_unreadable` where there is none
 */
export function locateConfig(input: Input): string {
  const named = textOption(input, 'config') ?? process.env['SALLYPORT_CONFIG']
  if (named !== undefined && named !== '') return named
  const candidates = [configFileName, path.join(developmentDirectory, configFileName)]
  const found = candidates.find((candidate) => existsSync(candidate))
  if (found !== undefined) return found
  throw new Problem('config_unreadable', {
    detail: `there is no ${configFileName} in ${process.cwd()}`,
    expected: `${candidates.join(', or ')}, or --config with the path of one`,
    found: 'neither. `sallyport dev` and `sallyport init` write one',
  })
}
