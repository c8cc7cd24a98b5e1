import type { PinnedHost } from '../pins-file.ts'
import { originOf, pinComment } from './generated-text.ts'
import type { Target } from './target.ts'

/**
 * A delegate of URLSession in Swift, for what App Transport Security cannot say: any depth, a date, reports alone, whole
 * certificates. It answers for server trust, after the system has, and leaves client certificates to others.
 */
export const iosUrlsession: Target = {
  name: 'ios-urlsession',
  summary: 'iOS 15+, URLSession: a Swift delegate, keys or whole certificates',
  depths: ['none', 'one', 'any'],
  compares: ['key', 'certificate'],
  canReport: true,
  canExpire: true,
  overlap: 'most specific',
  render: (hosts) => [{ name: 'PinnedServerTrust.swift', content: swiftFile(hosts) }],
}

const depthWords = { none: '.itself', one: '.oneLabel', any: '.anyDepth' } as const

function swiftHost({ name, subdomains, enforcement, expires, compare, pins }: PinnedHost): string {
  const bytes = pins.map((pin) => {
    const digest = compare === 'key' ? pin.sha256 : certificateDigest(pin.certificate?.thumbprint)
    return `        "${digest}", // ${pinComment(pin)}`
  })
  return [
    `    PinnedHost(name: "${name}", depth: ${depthWords[subdomains]}, isEnforced: ${enforcement === 'enforce'},`,
    `      endsAt: ${expires === undefined ? '.infinity' : expires / 1000}, compares: .${compare}, digests: [`,
    ...bytes,
    '      ]),',
  ].join('\n')
}

/** SHA-256 of the whole DER: as good as the file, and smaller. */
function certificateDigest(thumbprint = ''): string {
  return Buffer.from(thumbprint, 'base64url').toString('base64')
}

function swiftFile(hosts: readonly PinnedHost[]): string {
  return `// ${originOf('ios-urlsession')}
import CryptoKit
import Foundation
import Security

// URLSession asks on its delegate queue, which must not be the main one: the judgement of a chain may ask the network.
// Where the default actor isolation of a target is MainActor, as Xcode 26 sets it for new apps, put this file into a
// package.

/// Refuses servers that show none of the pinned keys, after the system has judged them. Answer challenges for server
/// trust with \`disposition(for:host:)\` where a delegate of your own holds the client certificate. What is refused
/// ends with NSURLErrorCancelled.
final class PinnedServerTrust: NSObject, URLSessionDelegate {
  static let hosts: [PinnedHost] = [
${hosts.map(swiftHost).join('\n')}
  ]

  private let report: @Sendable (String, [String]) -> Void

  /// - Parameter report: is told of every connection that shows no pinned key: host, and the digests that it showed.
  init(
    report: @escaping @Sendable (String, [String]) -> Void = { host, _ in
      NSLog("No pinned key: %@", host)
    }
  ) {
    self.report = report
    super.init()
  }

  // By its name in Objective-C it is called even where a compiler takes the declaration for another one.
  @objc(URLSession:didReceiveChallenge:completionHandler:)
  func urlSession(
    _ session: URLSession, didReceive challenge: URLAuthenticationChallenge,
    completionHandler: @escaping @Sendable (
      URLSession.AuthChallengeDisposition, URLCredential?
    ) -> Void
  ) {
    let space = challenge.protectionSpace
    guard space.authenticationMethod == NSURLAuthenticationMethodServerTrust,
      let trust = space.serverTrust
    else { return completionHandler(.performDefaultHandling, nil) }
    completionHandler(disposition(for: trust, host: space.host), nil)
  }

  func disposition(for trust: SecTrust, host asked: String) -> URLSession.AuthChallengeDisposition {
    // The dot of an absolute name is no way around pins.
    let name = asked.lowercased().trimmingCharacters(in: CharacterSet(charactersIn: "."))
    let pinned = Self.hosts.filter { $0.covers(name) }
    guard let host = pinned.max(by: { $0.name.count < $1.name.count }),
      Date().timeIntervalSince1970 < host.endsAt
    else { return .performDefaultHandling }
    // Pins come after the system's judgement, never in its place.
    guard SecTrustEvaluateWithError(trust, nil),
      let chain = SecTrustCopyCertificateChain(trust) as? [SecCertificate]
    else { return .cancelAuthenticationChallenge }
    let shown = chain.compactMap { host.digest(of: $0) }
    if !host.digests.isDisjoint(with: shown) { return .performDefaultHandling }
    report(name, shown)
    return host.isEnforced ? .cancelAuthenticationChallenge : .performDefaultHandling
  }
}

struct PinnedHost {
  enum Depth { case itself, oneLabel, anyDepth }
  enum Compared { case key, certificate }

  let name: String
  let depth: Depth
  let isEnforced: Bool
  /// Seconds since 1970.
  let endsAt: TimeInterval
  let compares: Compared
  /// SHA-256, base64.
  let digests: Set<String>

  func covers(_ asked: String) -> Bool {
    if asked == name { return true }
    guard asked.hasSuffix("." + name) else { return false }
    switch depth {
    case .itself: return false
    case .oneLabel: return !asked.dropLast(name.count + 1).contains(".")
    case .anyDepth: return true
    }
  }

  func digest(of certificate: SecCertificate) -> String? {
    let bytes: Data?
    switch compares {
    case .key: bytes = subjectPublicKeyInfo(of: certificate)
    case .certificate: bytes = SecCertificateCopyData(certificate) as Data
    }
    return bytes.map { Data(SHA256.hash(data: $0)).base64EncodedString() }
  }
}

/// DER AlgorithmIdentifier by kind of key: Security gives the bare key (RFC 3279, RFC 5480).
private let algorithms: [String: [UInt8]] = [
${algorithmLines()}
]

private func subjectPublicKeyInfo(of certificate: SecCertificate) -> Data? {
  guard let key = SecCertificateCopyKey(certificate),
    let attributes = SecKeyCopyAttributes(key) as? [String: Any],
    let type = attributes[kSecAttrKeyType as String] as? String,
    let bits = attributes[kSecAttrKeySizeInBits as String] as? Int,
    let bare = SecKeyCopyExternalRepresentation(key, nil) as Data?
  else { return nil }
  let isRSA = type == (kSecAttrKeyTypeRSA as String)
  guard isRSA || type == (kSecAttrKeyTypeECSECPrimeRandom as String),
    let algorithm = algorithms[isRSA ? "rsa" : "ec-\\(bits)"]
  else { return nil }
  return element(0x30, Data(algorithm) + element(0x03, Data([0]) + bare))
}

/// DER: tag, length, content.
private func element(_ tag: UInt8, _ content: Data) -> Data {
  let count = content.count
  if count < 0x80 { return Data([tag, UInt8(count)]) + content }
  let length = withUnsafeBytes(of: UInt32(count).bigEndian) { bytes in
    Data(bytes.drop(while: { $0 == 0 }))
  }
  return Data([tag, 0x80 | UInt8(length.count)]) + length + content
}
`
}

/** DER AlgorithmIdentifier of the kinds of keys that certificates of servers have. */
export const keyAlgorithms: Readonly<Record<string, string>> = {
  rsa: '300d06092a864886f70d0101010500',
  'ec-256': '301306072a8648ce3d020106082a8648ce3d030107',
  'ec-384': '301006072a8648ce3d020106052b81040022',
  'ec-521': '301006072a8648ce3d020106052b81040023',
}

function algorithmLines(): string {
  return Object.entries(keyAlgorithms)
    .map(([kind, hex]) => {
      const bytes = hex.match(/../g)?.map((byte) => `0x${byte}`) ?? []
      return `  "${kind}": [${bytes.join(', ')}],`
    })
    .join('\n')
}
