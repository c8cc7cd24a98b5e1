import path from 'node:path'
import { Problem } from '@sallyport/problem'
import type { Operation } from '../command.ts'
import { checkGateway } from '../configuration/check-gateway.ts'
import { locateConfig } from '../configuration/locate.ts'
import { loadConfig } from '../configuration/schema.ts'
import { textOption } from '../input.ts'
import { listsDirectory } from '../integrate/haproxy-agent.ts'
import { type HostAndPort, hostAndPort } from '../integrate/host-and-port.ts'
import { integrations, isIntegration } from '../integrate/integrations.ts'
import { siteOf } from '../integrate/site.ts'

export const integrate: Operation = async (input, output) => {
  const [name = ''] = input.arguments
  if (!isIntegration(name)) {
    throw new Problem('command_usage', {
      detail: 'No configuration is known for this proxy',
      expected: `one of ${Object.keys(integrations).join(', ')}`,
      found: name,
    })
  }
  const config = loadConfig(locateConfig(input))
  checkGateway(config)
  const asking = {
    address: textOption(input, 'ask'),
    folder: textOption(input, 'identity') ?? '/etc/sallyport',
  }
  const place = {
    asking,
    listen: listenOf(textOption(input, 'listen')),
    lists: path.resolve(textOption(input, 'lists') ?? listsDirectory),
  }
  const files = integrations[name](siteOf(config, name, place))
  const asked = textOption(input, 'file') ?? files[0]?.name
  const file = files.find((each) => each.name === asked)
  if (file === undefined) {
    throw new Problem('command_usage', {
      detail: '--file names none of its files',
      expected: files.map((each) => each.name).join(', '),
      found: asked ?? '',
    })
  }
  output.result({ file: file.name, text: file.text }, () => file.text.trimEnd())
  for (const other of files.filter((each) => each !== file)) {
    output.say(`It needs ${other.name} as well: sallyport integrate ${name} --file ${other.name}`)
  }
  return 0
}

/** @throws Problem `command_usage` */
function listenOf(text = '0.0.0.0:443'): HostAndPort {
  const place = hostAndPort(text)
  if (place !== undefined) return place
  throw new Problem('command_usage', {
    detail: '--listen is no address',
    expected: 'such as 0.0.0.0:443',
    found: text,
  })
}
