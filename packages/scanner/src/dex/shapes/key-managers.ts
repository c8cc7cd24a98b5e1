import type { Value } from '../values.ts'
import type { CallShape } from './call-shape.ts'

const context = 'Ljavax/net/ssl/SSLContext;'

/** `context.init(keyManagers, …)`: what the method makes of the context that it gives keys to. */
export const keyManagers: CallShape = {
  names: ['init'],
  owners: [context],
  look: ({ passed: [, managers], trace, within, path, at }, sink) => {
    if (isNone(managers)) return
    const calls = (name: string) => trace.calls.some(({ method }) => method.by === context + name)
    const isServer = calls('->getServerSocketFactory') && !calls('->getSocketFactory')
    sink.fact('keyManagerUses', {
      method: within,
      role: isServer ? 'server' : 'any',
      location: { path, offset: at, within },
    })
  },
}

/** `null`, or `new KeyManager[0]`: a context without keys. */
function isNone(managers: Value | undefined): boolean {
  if (managers?.kind === 'number') return true
  return managers?.kind === 'array' && managers.length === 0 && !managers.isUnknown
}
