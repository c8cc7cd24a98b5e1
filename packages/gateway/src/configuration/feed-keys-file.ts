import { readFeedKeys } from '../feed/feed-key.ts'
import type { GatewayConfig } from './gateway-config.ts'
import { readNamedBytes } from './pem-files.ts'

const pointer = '/gateway/authority/feedKeysFile'

/**
 * The keys of the feed that are pinned, as text.
 *
 * @throws Problem `config_unreadable`; `config_invalid` where it is no JWK Set of P-256 keys
 */
export function readFeedKeysFile(config: GatewayConfig, file: string): string {
  const text = readNamedBytes(config, { pointer, file }).toString('utf8')
  try {
    readFeedKeys(JSON.parse(text))
  } catch (error) {
    throw config.problem(pointer, 'the file holds no keys of a feed', {
      expected: 'a JWK Set of P-256 keys, as `sallyport feed keys` writes it',
      found: error instanceof Error ? error.message : String(error),
    })
  }
  return text
}
