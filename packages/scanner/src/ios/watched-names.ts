import type { WatchedNames } from '../native/mach-o/traces.ts'

/** Accessibility classes that keep an item open while the device is locked, even before its first unlock. */
export const alwaysAccessible = [
  '_kSecAttrAccessibleAlways',
  '_kSecAttrAccessibleAlwaysThisDeviceOnly',
] as const

/** The others: who names these too is likely to be a library that offers all of them. */
export const otherAccessible = [
  '_kSecAttrAccessibleAfterFirstUnlock',
  '_kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly',
  '_kSecAttrAccessibleWhenPasscodeSetThisDeviceOnly',
  '_kSecAttrAccessibleWhenUnlocked',
  '_kSecAttrAccessibleWhenUnlockedThisDeviceOnly',
] as const

export const unprotectedFiles = ['_NSFileProtectionNone', '_NSURLFileProtectionNone'] as const

/** The others, in the same way. */
export const protectedFiles = [
  '_NSFileProtectionComplete',
  '_NSFileProtectionCompleteUnlessOpen',
  '_NSFileProtectionCompleteUntilFirstUserAuthentication',
  '_NSURLFileProtectionComplete',
  '_NSURLFileProtectionCompleteUnlessOpen',
  '_NSURLFileProtectionCompleteUntilFirstUserAuthentication',
] as const

/** Whoever imports one of these asks the platform whether a chain is to be trusted. */
export const trustEvaluations = [
  '_SecTrustEvaluate',
  '_SecTrustEvaluateAsync',
  '_SecTrustEvaluateAsyncWithError',
  '_SecTrustEvaluateWithError',
  '_SecTrustGetTrustResult',
] as const

/** Whoever imports one of these looks at certificates or keys of a chain by itself. */
export const certificateAccess = [
  '_SecTrustCopyCertificateChain',
  '_SecTrustCopyKey',
  '_SecTrustCopyPublicKey',
  '_SecTrustGetCertificateAtIndex',
] as const

/** Delegate methods that are asked whether to go on with a server. */
export const challengeDelegates = [
  'URLSession:didReceiveChallenge:completionHandler:',
  'URLSession:task:didReceiveChallenge:completionHandler:',
  'connection:willSendRequestForAuthenticationChallenge:',
  'connection:didReceiveAuthenticationChallenge:',
  'webView:didReceiveAuthenticationChallenge:completionHandler:',
] as const

/** Ways to make a credential of the trust that a server offers: "go on". */
export const trustCredentials = ['credentialForTrust:', 'initWithTrust:'] as const

/** Libraries that evaluate a server's trust for whoever calls this. */
export const foreignEvaluations = [
  'evaluateServerTrust:forDomain:',
  'handleChallenge:completionHandler:',
  'evaluateTrust:forHostname:',
] as const

/** What turns validation off, and has no other use, or hardly one. */
export const disablingSelectors = {
  'setAllowsAnyHTTPSCertificate:forHost:':
    'a private method of NSURLRequest that accepts any certificate of a host',
  'allowsAnyHTTPSCertificateForHost:':
    'a private method of NSURLRequest; who overrides it accepts any certificate',
} as const

export const disablingImports = {
  _$s9Alamofire22DisabledTrustEvaluatorC:
    "Alamofire's DisabledTrustEvaluator, which accepts any certificate",
  _$s9Alamofire22DisabledTrustEvaluatorCACycfC:
    "Alamofire's DisabledTrustEvaluator, which accepts any certificate",
  _$s9Alamofire22DisabledTrustEvaluatorCMa:
    "Alamofire's DisabledTrustEvaluator, which accepts any certificate",
} as const

/** What may turn it off, and has other uses: a person must look. */
export const suspectImports = {
  _SecTrustSetExceptions: 'SecTrustSetExceptions, which makes a chain pass that does not',
  _SSLSetEnableCertVerify: 'SSLSetEnableCertVerify, which can turn verification off',
  _SSLSetAllowsAnyRoot: 'SSLSetAllowsAnyRoot, which accepts roots that nobody trusts',
  _kCFStreamSSLAllowsAnyRoot: 'kCFStreamSSLAllowsAnyRoot, which accepts roots that nobody trusts',
  _kCFStreamSSLAllowsExpiredCertificates: 'kCFStreamSSLAllowsExpiredCertificates',
  _kCFStreamSSLValidatesCertificateChain:
    'kCFStreamSSLValidatesCertificateChain, which can turn validation off',
} as const

/**
 * Libraries of sockets that hand on, or refuse, what they are told of these: that they stand in a program says nothing
 * of the app. By the class that they define. SocketRocket sets the last one for connections that it pins by itself.
 */
export const socketLibraries = {
  SRWebSocket: 'SocketRocket',
  RCTSRWebSocket: 'SocketRocket',
  GCDAsyncSocket: 'CocoaAsyncSocket',
  AsyncSocket: 'CocoaAsyncSocket',
} as const

/** The same where a copy was given another name: methods that nothing else has. */
export const socketSelectors = { 'startTLS:': 'CocoaAsyncSocket' } as const

/** What those libraries name. */
export const socketSettings: ReadonlySet<string> = new Set([
  '_SSLSetEnableCertVerify',
  '_SSLSetAllowsAnyRoot',
  '_kCFStreamSSLAllowsAnyRoot',
  '_kCFStreamSSLAllowsExpiredCertificates',
  '_kCFStreamSSLValidatesCertificateChain',
])

/** Set by who uses AFNetworking or ASIHTTPRequest, and defined by these: told only where the class is not here. */
export const librarySelectors = {
  'setAllowInvalidCertificates:': 'AFSecurityPolicy',
  'setValidatesDomainName:': 'AFSecurityPolicy',
  'setValidatesSecureCertificate:': 'ASIHTTPRequest',
} as const

/** All of them, for the reader of Mach-O. */
export const watchedNames: WatchedNames = {
  import: [
    ...alwaysAccessible,
    ...otherAccessible,
    ...unprotectedFiles,
    ...protectedFiles,
    ...trustEvaluations,
    ...certificateAccess,
    ...Object.keys(disablingImports),
    ...Object.keys(suspectImports),
  ],
  selector: [
    ...challengeDelegates,
    ...trustCredentials,
    ...foreignEvaluations,
    ...Object.keys(disablingSelectors),
    ...Object.keys(librarySelectors),
    ...Object.keys(socketSelectors),
  ],
  class: [...new Set<string>(Object.values(librarySelectors)), ...Object.keys(socketLibraries)],
}
