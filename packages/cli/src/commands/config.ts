import { isProblem } from '@sallyport/problem'
import { stringify } from 'yaml'
import type { Operation } from '../command.ts'
import { checkAuthorityPart } from '../configuration/check-authority.ts'
import { checkGateway } from '../configuration/check-gateway.ts'
import { insecureSwitches } from '../configuration/insecure-switches.ts'
import { locateConfig } from '../configuration/locate.ts'
import { editorSchema, loadConfig } from '../configuration/schema.ts'

export const validateConfig: Operation = async (input, output) => {
  try {
    const config = loadConfig(locateConfig(input))
    checkAuthorityPart(config)
    checkGateway(config)
    const { path, value } = config
    const insecure = insecureSwitches(value)
    output.result({ ok: true, file: path, insecure }, `${path} is valid`)
    for (const name of insecure) output.say(`  insecure  ${name} is on`)
    return 0
  } catch (error) {
    if (!isProblem(error) || error.code !== 'config_invalid') throw error
    output.problem(error)
    return 1
  }
}

export const printConfig: Operation = async (input, output) => {
  const { value } = loadConfig(locateConfig(input))
  output.result(value, () => stringify(value).trimEnd())
  return 0
}

export const printSchema: Operation = async (_input, output) => {
  const schema = editorSchema()
  output.result(schema, () => JSON.stringify(schema, undefined, 2))
  return 0
}
