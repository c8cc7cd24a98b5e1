// What these tests use of a package that brings no types.
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  export class Provider {
    constructor(issuer: string, configuration: Readonly<Record<string, unknown>>)
    proxy: boolean
    readonly Client: {
      find(
        id: string,
      ): Promise<{ backchannelLogout(sub: string, sid: string): Promise<void> } | undefined>
    }
    callback(): RequestListener
    on(event: string, listener: (...details: unknown[]) => void): this
  }
  export default Provider
}
