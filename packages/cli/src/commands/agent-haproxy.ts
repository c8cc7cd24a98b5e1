import path from 'node:path'
import { haproxyAgent } from '@sallyport/gateway/agent'
import type { Operation } from '../command.ts'
import { locateConfig } from '../configuration/locate.ts'
import { textOption } from '../input.ts'
import { listsDirectory } from '../integrate/haproxy-agent.ts'
import { readGatewayConfig } from '../serve/gateway-config.ts'
import { operatorLog } from '../serve/operator-log.ts'
import { untilAskedToEnd } from '../supervise/parent-channel.ts'

export const agentHaproxy: Operation = async (input, output) => {
  const asked = untilAskedToEnd()
  const directory = path.resolve(textOption(input, 'lists') ?? listsDirectory)
  const socket = textOption(input, 'socket')
  const config = await readGatewayConfig(locateConfig(input))
  const place = { directory, ...(socket === undefined ? {} : { socket: path.resolve(socket) }) }
  const agent = haproxyAgent(config, place, operatorLog('agent'))
  const running = agent.run()
  const why = await asked
  output.say(`agent: ending (${why})`)
  agent.close()
  await running
  return 0
}
