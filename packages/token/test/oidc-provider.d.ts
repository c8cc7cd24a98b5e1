/** As much of oidc-provider, which has no types of its own, as the tests use. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  export class Provider {
    constructor(issuer: string, configuration: object)
    callback(): RequestListener
    Client: { find(id: string): Promise<object | undefined> }
    Grant: new (
      members: object,
    ) => { save(): Promise<string> }
    AccessToken: new (
      members: object,
    ) => { save(): Promise<string>; destroy(): Promise<void> }
    RefreshToken: new (
      members: object,
    ) => { save(): Promise<string> }
    ResourceServer: new (
      identifier: string,
      members: object,
    ) => object
  }
  export default Provider
}
