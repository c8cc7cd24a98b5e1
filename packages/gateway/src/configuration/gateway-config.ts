import path from 'node:path'
import type { ConfigFile } from '@sallyport/config'
import type { IdentityProvider } from '@sallyport/token'
import type { ListenAddress } from '../worker/messages.ts'
import type { GatewaySettings } from './section.ts'

/**
 * What a gateway is started with: a configuration file that `gatewaySection` was validated in, or
 * anything of that shape.
 */
export type GatewayConfig = Pick<
  ConfigFile<{
    readonly trustDomain: string
    readonly gateway: GatewaySettings
    /** Shared with the authority, where both read one file. */
    readonly identityProviders?: Readonly<Record<string, IdentityProvider>>
  }>,
  'value' | 'directory' | 'problem'
> & {
  /** Watched, so that a change of it is taken over. */
  readonly path?: string
}

/** An absolute path of one that is relative to the configuration file. */
export function fileOf(config: GatewayConfig, file: string): string {
  return path.resolve(config.directory, file)
}

/** Where the access log goes: a file, `-` for standard output, or `off`. */
export function accessLogOf(config: GatewayConfig): string {
  const { path } = config.value.gateway.accessLog
  return path === '-' || path === 'off' ? path : fileOf(config, path)
}

/** The address of a listener as configured, by which listeners are told apart. */
export function listenerName(listen: string | { readonly address: string }): string {
  return typeof listen === 'string' ? listen : listen.address
}

/** Where to listen, with the name that listeners are told apart by. */
export function listenAddressOf(listen: string | { readonly address: string }): ListenAddress {
  const name = listenerName(listen)
  return name.startsWith('unix:')
    ? { name, path: name.slice('unix:'.length) }
    : { name, ...addressOf(name) }
}

/** `127.0.0.1:8440`, `[::1]:8440`. */
export function addressOf(listen: string): { host: string; port: number } {
  const colon = listen.lastIndexOf(':')
  const host = listen.slice(0, colon).replace(/^\[|\]$/g, '')
  return { host, port: Number(listen.slice(colon + 1)) }
}
