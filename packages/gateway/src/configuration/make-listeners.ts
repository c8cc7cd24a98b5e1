import { createHash } from 'node:crypto'
import { certificatesFromPem } from '@sallyport/pki'
import { isProblem } from '@sallyport/problem'
import { checkedBelieved } from '../addresses/make-address-plan.ts'
import { forwardedFields } from '../forwarded/read-forwarded-chain.ts'
import { type Form, forms } from '../forwarded/forms.ts'
import { canonicalFieldName, isIdentityField } from '../forward/request-field-rules.ts'
import { addressOf, fileOf, type GatewayConfig, listenerName } from './gateway-config.ts'
import type { HopPlan, HopProof, ListenerPlan } from './listener-plan.ts'
import type { ListenerSettings } from './listener-schema.ts'
import { isUnix, overlap } from './listener-overlap.ts'
import { readCaFile, readNamedBytes } from './pem-files.ts'

type Settings = Exclude<ListenerSettings, string>
type CertificateSettings = NonNullable<Settings['clientCertificates']>

/** @throws Problem `config_invalid`, `config_unreadable` */
export function makeListeners(config: GatewayConfig): ListenerPlan[] {
  const names = new Set<string>()
  return config.value.gateway.listen.map((listen, index) => {
    const at = `/gateway/listen/${index}`
    const name = listenerName(listen)
    // Port 0 is another one each time.
    if (names.has(name) && !name.endsWith(':0')) {
      throw config.problem(at, 'two listeners have the same address', { found: name })
    }
    if (!isUnix(name) && addressOf(name).port > maxPort) {
      throw config.problem(at, 'there is no such port', { expected: 'at most 65535', found: name })
    }
    const rival = [...names].find((other) => overlap(other, name))
    if (rival !== undefined) {
      throw config.problem(at, 'another listener has this port at every address', {
        expected: `an address or a port that ${rival} leaves free`,
        found: name,
      })
    }
    names.add(name)
    if (typeof listen === 'string')
      return { name, isPlain: false, proxyFrom: undefined, hop: undefined }
    return makeListener(config, at, listen)
  })
}

const maxPort = 65_535

function makeListener(config: GatewayConfig, at: string, listen: Settings): ListenerPlan {
  const { address: name, insecurePlainHttp = false, proxyProtocol, clientCertificates } = listen
  const hop =
    clientCertificates === undefined ? undefined : makeHop(config, at, listen, clientCertificates)
  const isUnixHop = hop?.proof.kind === 'unixSocket'
  const isPlain = insecurePlainHttp || isUnixHop
  if (isPlain && hop === undefined) {
    throw config.problem(`${at}/insecurePlainHttp`, 'devices are not served without TLS', {
      expected: 'clientCertificates, which say which proxy ends TLS',
    })
  }
  if (isPlain && hop?.proof.kind === 'mutualTls') {
    throw config.problem(`${at}/insecurePlainHttp`, 'without TLS there is no mutual TLS')
  }
  if (isUnixHop && !isUnix(name)) {
    throw config.problem(`${at}/address`, 'this is no Unix socket', {
      expected: 'unix:/path',
      found: name,
    })
  }
  const from = proxyProtocol?.from.filter((network) => network !== 'unix')
  if (from !== undefined) checkedBelieved(config, `${at}/proxyProtocol/from`, from)
  if (isUnix(name) && proxyProtocol !== undefined && !proxyProtocol.from.includes('unix')) {
    throw config.problem(
      `${at}/proxyProtocol/from`,
      'who connects to a Unix socket has no network',
      {
        expected: 'from: [unix]',
      },
    )
  }
  return { name, isPlain, proxyFrom: proxyProtocol?.from, hop }
}

function makeHop(
  config: GatewayConfig,
  listenerAt: string,
  listen: Settings,
  settings: CertificateSettings,
): HopPlan {
  const at = `${listenerAt}/clientCertificates`
  const { form, field, chainField, hops, clientAddress = {} } = settings
  checkFields(config, at, settings)
  const { from = 'x-forwarded-for', trusted = [] } = clientAddress
  checkedBelieved(config, `${at}/clientAddress/trusted`, trusted)
  if (from === 'connection' && isUnix(listen.address) && listen.proxyProtocol === undefined) {
    throw config.problem(
      `${at}/clientAddress/from`,
      'a connection to a Unix socket has no address',
      {
        expected: 'x-forwarded-for or forwarded, or proxyProtocol on this listener',
      },
    )
  }
  return {
    proof: makeProof(config, `${at}/hop`, settings.hop),
    form: { form, field, chainField, hops },
    address: from,
    trusted,
  }
}

// Were another name believed, services would see it from everyone who does not come by way of the proxy.
function checkFields(config: GatewayConfig, at: string, settings: CertificateSettings): void {
  const form: Form = forms[settings.form]
  for (const member of ['field', 'chainField'] as const) {
    if (settings[member] === undefined) continue
    if (form.isFieldFree && (member === 'field' || form.chainField !== undefined)) continue
    throw config.problem(`${at}/${member}`, `${settings.form} always writes the same field`, {
      expected: member === 'field' ? form.field : 'rfc9440, which has a field for the chain',
    })
  }
  for (const field of forwardedFields(settings)) {
    if (isIdentityField(canonicalFieldName(field))) continue
    throw config.problem(`${at}/field`, 'services could mistake this field for ours', {
      expected:
        'a name that is withheld from services, as one that begins with X-Client-Cert or X-SSL-',
      found: field,
    })
  }
}

const minimumSecretCharacters = 32
const secretPattern = /^[\x21-\x7e]+$/

type ProofMakers = {
  readonly [Kind in HopProof['kind']]: (
    config: GatewayConfig,
    at: string,
    settings: NonNullable<CertificateSettings['hop'][Kind]>,
  ) => HopProof
}

const proofs: ProofMakers = {
  mutualTls: (config, at, { caFile, names }) => {
    const pem = readCaFile(config, { pointer: `${at}/caFile`, file: caFile })
    try {
      const issuers = certificatesFromPem(pem)
      if (issuers.every(({ isCa }) => isCa)) {
        return { kind: 'mutualTls', issuers: issuers.map(({ der }) => der), names }
      }
    } catch (error) {
      if (!isProblem(error)) throw error
      throw config.problem(`${at}/caFile`, error.message)
    }
    throw config.problem(`${at}/caFile`, 'the file does not hold CA certificates alone')
  },
  unixSocket: (_config, _at, { mode = '0600' }) => ({
    kind: 'unixSocket',
    mode: Number.parseInt(mode, 8),
  }),
  sharedSecret: (config, at, { file, nextFile }) => {
    const hashes = [readSecret(config, `${at}/file`, file)]
    if (nextFile !== undefined) hashes.push(readSecret(config, `${at}/nextFile`, nextFile))
    return { kind: 'sharedSecret', hashes }
  },
  network: (config, at, { from }) => {
    checkedBelieved(config, `${at}/from`, from)
    return { kind: 'network', from }
  },
}

function makeProof(config: GatewayConfig, at: string, hop: CertificateSettings['hop']): HopProof {
  const { mutualTls, unixSocket, sharedSecret, network } = hop
  if (mutualTls !== undefined) return proofs.mutualTls(config, `${at}/mutualTls`, mutualTls)
  if (unixSocket !== undefined) return proofs.unixSocket(config, `${at}/unixSocket`, unixSocket)
  if (sharedSecret !== undefined)
    return proofs.sharedSecret(config, `${at}/sharedSecret`, sharedSecret)
  if (network !== undefined) return proofs.network(config, `${at}/network`, network)
  throw config.problem(at, 'no way is named in which the proxy proves to be it', {
    expected: 'one of mutualTls, unixSocket, sharedSecret, network',
  })
}

function readSecret(config: GatewayConfig, pointer: string, file: string): Uint8Array {
  const secret = readNamedBytes(config, { pointer, file }).toString('latin1').trim()
  if (secret.length >= minimumSecretCharacters && secretPattern.test(secret)) {
    return createHash('sha256').update(secret, 'latin1').digest()
  }
  throw config.problem(pointer, 'this is no secret that a header field can carry', {
    expected: `at least ${minimumSecretCharacters} visible ASCII characters in one line`,
    found: `${secret.length} characters`,
  })
}

/** The files that listeners are made of, absolute. */
export function listenerFiles(config: GatewayConfig): string[] {
  const named = config.value.gateway.listen.flatMap((listen) => {
    if (typeof listen === 'string') return []
    const { mutualTls, sharedSecret } = listen.clientCertificates?.hop ?? {}
    return [mutualTls?.caFile, sharedSecret?.file, sharedSecret?.nextFile]
  })
  return named.flatMap((file) => (file === undefined ? [] : [fileOf(config, file)]))
}
