import type { AwayPolicy } from '../counters/redis/redis-counters.ts'
import type { RedisPlan } from '../counters/redis/redis-link.ts'
import { fileOf, type GatewayConfig } from './gateway-config.ts'
import { readCaFile, readNamedBytes } from './pem-files.ts'

/** Where workers count, and what they do when that is away. */
export type CountersPlan = {
  readonly redis: RedisPlan | undefined
  readonly whenAway: AwayPolicy
}

/** @throws Problem `config_invalid`, `config_unreadable` */
export function countersPlan(config: GatewayConfig): CountersPlan {
  const { redis, whenAway } = config.value.gateway.counters
  if (redis === undefined) return { redis, whenAway }
  const pointer = '/gateway/counters/redis'
  const { url, username, passwordFile, caFile, keyPrefix, timeoutMs, insecurePlaintext } = redis
  if (!URL.canParse(url)) {
    throw config.problem(`${pointer}/url`, 'nobody can be asked there', {
      expected: 'redis://host:6379/0, or rediss:// for TLS',
      found: url,
    })
  }
  if (
    url.startsWith('redis:') &&
    !isLoopback(new URL(url).hostname) &&
    insecurePlaintext !== true
  ) {
    throw config.problem(
      `${pointer}/url`,
      'the network would read the password and set the counters',
      {
        expected:
          'rediss:// (TLS), or a Redis on this machine; else insecurePlaintext: true, which says so at every start',
        found: url,
      },
    )
  }
  if (caFile !== undefined && !url.startsWith('rediss:')) {
    throw config.problem(`${pointer}/caFile`, 'nothing is verified without TLS', {
      expected: 'a url that begins with rediss://',
      found: url,
    })
  }
  const password =
    passwordFile === undefined
      ? undefined
      : readNamedBytes(config, { pointer: `${pointer}/passwordFile`, file: passwordFile })
          .toString('utf8')
          .split(/\r?\n/, 1)[0]
  const ca =
    caFile === undefined
      ? undefined
      : readCaFile(config, { pointer: `${pointer}/caFile`, file: caFile })
  return { redis: { url, username, password, ca, keyPrefix, timeoutMs }, whenAway }
}

/** Files that a change of is taken over, absolute. */
export function counterFiles(config: GatewayConfig): string[] {
  const { redis } = config.value.gateway.counters
  return [redis?.passwordFile, redis?.caFile].flatMap((file) =>
    file === undefined ? [] : [fileOf(config, file)],
  )
}

/** Where nobody is in between (RFC 6761 §6.3, RFC 1122 §3.2.1.3). */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)
}
