// A table: packages that others made and published, and what a scan says of each. The reasons are in
// docs/scanner-evaluation.md.

/** Where a package comes from, and the command that brings it. */
export type Origin =
  | { readonly from: 'npm'; readonly package: string; readonly path: string }
  | { readonly from: 'Maven Central'; readonly path: string }
  | { readonly from: 'Debian'; readonly package: string; readonly path: string }

export type RealPackage = {
  readonly origin: Origin
  /** Of the file that is scanned, hex. */
  readonly sha256: string
  readonly format: 'apk' | 'aar' | 'jar'
  /** `severity rule` → how many. */
  readonly findings: Readonly<Record<string, number>>
  /** Lines of the ledger, in order. */
  readonly notChecked?: readonly string[]
}

export const realPackages: readonly RealPackage[] = [
  {
    origin: { from: 'npm', package: 'android-apidemos@5.0.0', path: 'apks/ApiDemos-debug.apk' },
    sha256: '5e59f42af4e89200fe33eb82a7c2a2a9224947a8aeb9af6e21b77d40827f7cbc',
    format: 'apk',
    findings: {
      'high debuggable': 1,
      'low backup-allowed': 1,
      'low cleartext-traffic': 1,
      'low user-ca-trusted': 1,
      'low weak-tls-version': 1,
      'low world-readable-file': 2,
      'info backup-allowed': 1,
      'info external-storage-write': 2,
    },
  },
  {
    origin: {
      from: 'npm',
      package: 'io.appium.settings@8.0.10',
      path: 'apks/settings_apk-debug.apk',
    },
    sha256: '4c5d60ab5ae56502857dc625e1dde2996fa6d9e64c479bbce59214774e2129dd',
    format: 'apk',
    findings: { 'high debuggable': 1, 'low cleartext-traffic': 1, 'info backup-allowed': 1 },
  },
  {
    origin: {
      from: 'npm',
      package: 'appium-uiautomator2-server@10.6.6',
      path: 'apks/appium-uiautomator2-server-v10.6.6.apk',
    },
    sha256: '8ff760a2a86b487f53090fbdcd5b0360e67d02bb811887d527a9557b0d59c80d',
    format: 'apk',
    findings: {
      'high debuggable': 1,
      'low backup-allowed': 1,
      'low cleartext-traffic': 1,
      'info known-public-key': 1,
      'info tls-validation-disabled': 1,
    },
  },
  {
    origin: {
      from: 'npm',
      package: 'appium-uiautomator2-server@10.6.6',
      path: 'apks/appium-uiautomator2-server-debug-androidTest.apk',
    },
    sha256: 'e6f729287d72351388fd66597c35b69988b9091a7011954bf92a55d416cb1e1c',
    format: 'apk',
    findings: { 'high debuggable': 1, 'low backup-allowed': 1 },
  },
  {
    origin: { from: 'npm', package: 'appium-unlock@2.0.0', path: 'bin/unlock_apk-debug.apk' },
    sha256: '889ca0225e2db5ba5e3e273b481bce2355e7a08e76b25a12a4a56332d05fa572',
    format: 'apk',
    findings: { 'high debuggable': 1, 'low backup-allowed': 1 },
  },
  {
    origin: {
      from: 'Maven Central',
      path: 'org/conscrypt/conscrypt-android/2.5.3/conscrypt-android-2.5.3.aar',
    },
    sha256: '551ae4e301c571760d1791e647db6ed1dcb10d34dcae7aa12b67f220f2ce98d1',
    format: 'aar',
    findings: {},
  },
  {
    origin: {
      from: 'Maven Central',
      path: 'net/zetetic/android-database-sqlcipher/4.5.4/android-database-sqlcipher-4.5.4.aar',
    },
    sha256: 'b7e2c945b9a34c366826330c2af51800ef399c13dbf7ea02229c6aedb176978b',
    format: 'aar',
    findings: {},
  },
  {
    origin: {
      from: 'Maven Central',
      path: 'io/realm/realm-android-library/10.19.0/realm-android-library-10.19.0.aar',
    },
    sha256: '2a54afec5cdf79240037707accbf1b964ee06290b83fc1ed1748352d3faebc58',
    format: 'aar',
    findings: {},
  },
  {
    origin: {
      from: 'Maven Central',
      path: 'com/squareup/okhttp3/okhttp/4.12.0/okhttp-4.12.0.jar',
    },
    sha256: 'b1050081b14bb7a3a7e55a4d3ef01b5dcfabc453b4573a4fc019767191d5f4e0',
    format: 'jar',
    findings: {},
  },
  {
    origin: {
      from: 'Maven Central',
      path: 'io/netty/netty-handler/4.1.115.Final/netty-handler-4.1.115.Final.jar',
    },
    sha256: '5972028cc863b74927ce0d11fb8d58f65da2560bef5602fe8ce8903bd306ca07',
    format: 'jar',
    findings: { 'info known-public-key': 1, 'info tls-validation-disabled': 1 },
  },
  {
    origin: {
      from: 'Maven Central',
      path: 'org/bouncycastle/bcpkix-jdk18on/1.79/bcpkix-jdk18on-1.79.jar',
    },
    sha256: '3639a24ddf9ba4b7eba0659b44770e91eba816421888e571f285aadefe532cd6',
    format: 'jar',
    findings: { 'info tls-validation-disabled': 1 },
  },
  {
    origin: {
      from: 'Maven Central',
      path: 'com/browserup/browserup-proxy-mitm/2.1.2/browserup-proxy-mitm-2.1.2.jar',
    },
    sha256: '44f085dc05ee77bad962581917b6a3fc0e5b67060dc0988205ae21d3b7e22a5d',
    format: 'jar',
    findings: { 'high tls-validation-disabled': 1 },
  },
  {
    origin: {
      from: 'Maven Central',
      path: 'org/wiremock/wiremock-standalone/3.9.2/wiremock-standalone-3.9.2.jar',
    },
    sha256: '77b88dc41c3268e3ce391f3fef222b0cd0696f286d3fc35a84ba22ffcb877012',
    format: 'jar',
    findings: { 'high tls-validation-disabled': 1, 'info known-public-key': 1 },
    notChecked: ['more text than is kept: passwords were not looked for in all of it'],
  },
  {
    origin: {
      from: 'Maven Central',
      path: 'org/mock-server/mockserver-netty-no-dependencies/5.15.0/mockserver-netty-no-dependencies-5.15.0.jar',
    },
    sha256: '866bd44bfda37a3dc7d95f89c3abb34175dab5014326cd74b3e03fd023eddebf',
    format: 'jar',
    findings: { 'info known-public-key': 2, 'info tls-validation-disabled': 7 },
  },
  {
    origin: { from: 'npm', package: 'appium-android-ime@2.0.0', path: 'bin/UnicodeIME-debug.apk' },
    sha256: 'ea4480f3d619196f0031cc99dc2b82828f1ce668014b864012536e315fedbc10',
    format: 'apk',
    findings: {
      'high debuggable': 1,
      'low backup-allowed': 1,
    },
  },
  {
    origin: {
      from: 'npm',
      package: 'sample-apps@2.0.4',
      path: 'pre-built/selendroid-test-app.apk',
    },
    sha256: '6d3c24239a7313f1c98c1897914547f6faca36aa3a2b1b8ae262ab5fa9007282',
    format: 'apk',
    findings: {
      'high cleartext-traffic': 1,
      'high debuggable': 1,
      'high user-ca-trusted': 1,
      'low backup-allowed': 1,
      'low cleartext-traffic': 1,
      'low external-storage-write': 1,
      'low weak-tls-version': 1,
    },
  },
  {
    origin: {
      from: 'npm',
      package: '@devicefarmer/stf@3.7.9',
      path: 'vendor/STFService/STFService.apk',
    },
    sha256: '222b04c54112cfd3e13c30ad4f0d61c05d95f0299984b7bf9d7a2b5e76097f3b',
    format: 'apk',
    findings: {
      'low backup-allowed': 1,
      'low cleartext-traffic': 1,
      'low user-ca-trusted': 1,
      'low weak-tls-version': 1,
      'info external-storage-write': 1,
    },
  },
  {
    origin: {
      from: 'npm',
      package: '@devicefarmer/minicap-prebuilt@2.7.3',
      path: 'prebuilt/noarch/minicap.apk',
    },
    sha256: '6111c9b110039aefc99837e1553e876e31290530cdbdb0f789b8b327f277a97c',
    format: 'apk',
    findings: {
      'high debuggable': 1,
      'low backup-allowed': 1,
    },
  },
  {
    origin: {
      from: 'Debian',
      package: 'android-framework-res 1:10.0.0+r36-10',
      path: '/usr/share/android-framework-res/framework-res.apk',
    },
    sha256: '053917e41b0a0c10f1f60d8c2f404419f3a33ac9d781580931e294c437fb1a19',
    format: 'apk',
    findings: {},
  },
]
