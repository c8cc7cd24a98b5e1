import { setTimeout as sleep } from 'node:timers/promises'
import { resolvePath } from '@sallyport/config'
import {
  type GatewaySettings,
  layerNames,
  maxOpenMs,
  maxReasonCharacters,
  type OpenGlass,
} from '@sallyport/gateway'
import { Problem } from '@sallyport/problem'
import { newId } from '@sallyport/wire'
import { operatorName } from '../admin/operator-name.ts'
import type { Input, Operation } from '../command.ts'
import { loadConfig } from '../configuration/schema.ts'
import { locateConfig } from '../configuration/locate.ts'
import { choiceOption, isGiven, textOption } from '../input.ts'
import { isInForce, openEntries, writeEntries } from '../gateway/break-glass-entries.ts'
import { formatTable } from '../terminal/table.ts'
import type { Output } from '../terminal/output.ts'
import { spanAhead } from '../time-input.ts'

const waitMs = 10_000

export const breakGlass: Operation = async (input, output) => {
  const { stateDirectory, routes } = gatewayOf(input)
  const now = Date.now()
  const before = openEntries(stateDirectory, now)
  const route = input.arguments[0]
  if (route === undefined) {
    output.result({ open: before }, () => entriesText(before))
    return 0
  }
  if (route !== 'all' && !routes.includes(route)) {
    throw usage('There is no such route', `all, ${routes.join(', ')}`, route)
  }
  const stage = choiceOption(input, 'stage', layerNames)
  if (stage === undefined) throw usage('--stage is missing', layerNames.join(', '), 'none')
  const others = before.filter((entry) => entry.route !== route || entry.stage !== stage)
  if (isGiven(input, 'end')) {
    if (others.length === before.length) {
      output.say(`Nothing is open for ${route} and ${stage}`)
      return 1
    }
    writeEntries(stateDirectory, others)
    await inForce(stateDirectory, others)
    output.result({ open: others }, () => entriesText(others))
    output.say(`${stage} of ${route} is as configured again`)
    return 0
  }
  const entry = newEntry(input, { route, stage, now })
  const entries = [...others, entry]
  writeEntries(stateDirectory, entries)
  await inForce(stateDirectory, entries)
  output.result({ open: entries }, () => entriesText(entries))
  tell(entry, output)
  return 0
}

function newEntry(
  input: Input,
  { route, stage, now }: { route: string; stage: string; now: number },
): OpenGlass {
  const lastsMs = spanAhead(input, 'for', now)
  const reason = textOption(input, 'reason')?.trim() ?? ''
  if (lastsMs === undefined) throw usage('--for is missing', 'a span such as 30m', 'none')
  if (reason === '' || reason.length > maxReasonCharacters) {
    throw usage('--reason is missing', `1 to ${maxReasonCharacters} characters`, reason || 'none')
  }
  if (lastsMs < 1_000 || lastsMs > maxOpenMs) {
    throw usage(
      '--for is out of range',
      '1s to 24h; longer is a configuration',
      textOption(input, 'for') ?? '',
    )
  }
  return {
    id: newId('breakGlass'),
    route,
    stage,
    mode: choiceOption(input, 'mode', ['shadow', 'off']) ?? 'shadow',
    at: now,
    until: now + lastsMs,
    reason,
    by: operatorName(),
  }
}

function gatewayOf(input: Input): { stateDirectory: string; routes: string[] } {
  const { value, directory } = loadConfig(locateConfig(input))
  const gateway = value['gateway'] as GatewaySettings | undefined
  if (gateway === undefined) {
    throw new Problem('config_invalid', {
      detail: 'This configuration describes no gateway',
      expected: 'the section gateway, on the host where it runs',
      found: 'none',
    })
  }
  const routes = Object.values(gateway.hosts).flatMap((host) =>
    host.routes.map(
      ({ name, match: { path, methods } }) =>
        name ?? (methods === undefined ? path : `${methods.join(',')} ${path}`),
    ),
  )
  return {
    stateDirectory: resolvePath(directory, gateway.stateDirectory),
    routes: [...new Set(routes)],
  }
}

/** @throws Problem `not_running` where the gateway does not say so in time */
async function inForce(stateDirectory: string, entries: readonly OpenGlass[]): Promise<void> {
  const ids = entries.map(({ id }) => id)
  const deadline = performance.now() + waitMs
  while (performance.now() < deadline) {
    if (isInForce(stateDirectory, ids)) return
    await sleep(50)
  }
  throw new Problem('not_running', {
    detail: `The gateway did not say within ${waitMs / 1_000} s that it goes by this. It will when it runs, until the time is over`,
    expected: 'a running gateway of this configuration',
    found: 'none, or one that does not believe the file: its log says why',
  })
}

function entriesText(entries: readonly OpenGlass[]): string {
  if (entries.length === 0) return 'No glass is broken'
  return formatTable(
    entries.map(({ route, stage, mode, until, by, reason }) => ({
      route,
      stage,
      mode,
      until: new Date(until).toISOString(),
      by,
      reason,
    })),
  )
}

function tell({ route, stage, mode, until }: OpenGlass, output: Output): void {
  output.say(
    `${stage} of ${route} is in mode ${mode} at every worker, until ${new Date(until).toISOString()}`,
  )
  output.say(
    `To end it sooner: sallyport break-glass ${JSON.stringify(route)} --stage ${stage} --end`,
  )
}

function usage(detail: string, expected: string, found: string): Problem {
  return new Problem('command_usage', { detail, expected, found })
}
