import { addressOf, fileOf, type GatewayConfig } from '../configuration/gateway-config.ts'
import { readCaFile, readKeyPair } from '../configuration/pem-files.ts'
import type { DecisionsPlan, DecisionTlsPlan } from './decisions-plan.ts'
import type { DecisionsSettings } from './decisions-schema.ts'

const scheme = 'unix:'
/** unix(7), less what the folder takes that a socket is made in. */
const maxSocketBytes = 88

/**
 * Checks what a schema cannot, and reads the files.
 *
 * @throws Problem `config_invalid`, `config_unreadable`
 */
export function decisionsPlan(config: GatewayConfig, settings: DecisionsSettings): DecisionsPlan {
  const sockets: string[] = []
  const tls: DecisionTlsPlan[] = []
  for (const [index, listen] of settings.listen.entries()) {
    const pointer = `/gateway/decisions/listen/${index}`
    if (typeof listen === 'string') sockets.push(socketPath(config, pointer, listen))
    else {
      tls.push({
        address: addressOf(listen.address),
        ...readKeyPair(config, pointer, listen),
        callerCa: readCaFile(config, {
          pointer: `${pointer}/callerCaFile`,
          file: listen.callerCaFile,
        }),
      })
    }
  }
  checkCallers(config, settings, { sockets, tls })
  const callers = settings.callers.map(({ name, form, names }) => ({ name, form, names }))
  return { sockets, tls, callers, answerMs: settings.answerSeconds * 1000 }
}

/** The files that the section names, as written. */
export function decisionFiles(settings: DecisionsSettings): string[] {
  return settings.listen.flatMap((listen) =>
    typeof listen === 'string' ? [] : [listen.certificateFile, listen.keyFile, listen.callerCaFile],
  )
}

function socketPath(config: GatewayConfig, pointer: string, listen: string): string {
  const path = fileOf(config, listen.slice(scheme.length))
  const bytes = Buffer.byteLength(path)
  if (bytes <= maxSocketBytes) return path
  throw config.problem(pointer, 'the path of the socket is too long', {
    expected: `at most ${maxSocketBytes} bytes`,
    found: `${path} (${bytes})`,
  })
}

// A caller that no listener can let in is a mistake that would show only when its proxy refuses everyone.
function checkCallers(
  config: GatewayConfig,
  { callers }: DecisionsSettings,
  { sockets, tls }: Pick<DecisionsPlan, 'sockets' | 'tls'>,
): void {
  const seen = new Set<string>()
  for (const [index, { name, names }] of callers.entries()) {
    const pointer = `/gateway/decisions/callers/${index}`
    if (seen.has(name)) {
      throw config.problem(pointer, 'two callers have the same name', { found: name })
    }
    seen.add(name)
    if (names !== undefined && tls.length === 0) {
      throw config.problem(`${pointer}/names`, 'no listener asks callers for a certificate', {
        expected: 'an address under gateway.decisions.listen',
      })
    }
    if (names === undefined && sockets.length === 0) {
      throw config.problem(pointer, 'the caller has no names, and there is no Unix socket', {
        expected: 'the names of its certificate',
      })
    }
  }
}
