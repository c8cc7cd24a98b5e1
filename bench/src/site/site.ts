/** What every gateway of a run is given alike. All files are PEM, all paths absolute. */
export type Site = {
  /** Everything of the run lies here. */
  readonly directory: string
  /** The name in the server's certificate. */
  readonly serverName: string
  readonly server: KeyPairFiles
  /** What verifies the server's certificate. */
  readonly serverCaFile: string
  /** What verifies a device's certificate: root and issuing CA. */
  readonly deviceCaFile: string
  readonly device: KeyPairFiles
  /** Value of the field that carries the user's access token: ES256, bound to the device's certificate. */
  readonly authorization: string
  /** Who signed it. */
  readonly provider: Provider
  /** The configuration of the Sallyport deployment that the certificates come from. */
  readonly sallyportConfigFile: string
  /** The loopback port of the service behind the gateways, plain HTTP/1.1. */
  readonly upstreamPort: number
}

export type KeyPairFiles = {
  readonly certificateFile: string
  readonly keyFile: string
}

/** An identity provider, as far as whoever verifies its tokens knows it. */
export type Provider = {
  readonly issuer: string
  readonly audience: string
  /** JWK Set. */
  readonly keysFile: string
}
