/** What a virtual iPhone is, and what app runs on it. */
export type IosPhone = {
  readonly model: string
  /** `27.1`. From 27 on, App Attest tells of the app behind its authenticator data. */
  readonly osVersion: string
  /** `TEAMID.bundle.id`. */
  readonly appId: string
  /** Of App Attest: `development` for an app that Xcode installed. */
  readonly environment: 'production' | 'development'
  /** CFBundleVersion of the app. */
  readonly bundleVersion: string
  /** How the app was signed: 4 by the App Store, 2 by TestFlight, 3 for development. */
  readonly validationCategory: number
  /** Of a managed device. */
  readonly serialNumber: string
  readonly udid: string
}

/** A phone of today with an app of no one from the App Store. */
export const defaultIosPhone: IosPhone = {
  model: 'iPhone17,3',
  osVersion: '27.1',
  appId: 'ABCDE12345.com.example.sallyport.demo',
  environment: 'production',
  bundleVersion: '1',
  validationCategory: 4,
  serialNumber: 'V1RTUALPH0NE',
  udid: '00008140-0000000000000000',
}
