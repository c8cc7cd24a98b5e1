import { createHash } from 'node:crypto'

/**
 * A configuration profile that installs a CA on an iPhone. The person still has to switch it on under
 * Settings › General › About › Certificate Trust Settings: iOS does not trust a CA that a profile brought
 * until then.
 *
 * The same CA always gives the same profile, so that installing it again replaces it.
 *
 * @param ca DER
 */
export function appleProfile(ca: Uint8Array, name: string): string {
  const hash = createHash('sha256').update(ca).digest()
  const inner = uuidOf(hash.subarray(0, 16))
  const outer = uuidOf(hash.subarray(16, 32))
  const title = escapeXml(name)
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>PayloadContent</key>
  <array>
    <dict>
      <key>PayloadCertificateFileName</key><string>sallyport-development-ca.crt</string>
      <key>PayloadContent</key>
      <data>${Buffer.from(ca).toString('base64')}</data>
      <key>PayloadDescription</key><string>The CA of a Sallyport development deployment</string>
      <key>PayloadDisplayName</key><string>${title}</string>
      <key>PayloadIdentifier</key><string>test.sallyport.development.ca.${inner}</string>
      <key>PayloadType</key><string>com.apple.security.root</string>
      <key>PayloadUUID</key><string>${inner}</string>
      <key>PayloadVersion</key><integer>1</integer>
    </dict>
  </array>
  <key>PayloadDisplayName</key><string>${title}</string>
  <key>PayloadIdentifier</key><string>test.sallyport.development.${outer}</string>
  <key>PayloadRemovalDisallowed</key><false/>
  <key>PayloadType</key><string>Configuration</string>
  <key>PayloadUUID</key><string>${outer}</string>
  <key>PayloadVersion</key><integer>1</integer>
</dict>
</plist>
`
}

/** Sixteen bytes as a UUID of version 8, whose bits are the maker's own (RFC 9562 §5.8). */
function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes)
  hex.writeUInt8((hex.readUInt8(6) & 0x0f) | 0x80, 6)
  hex.writeUInt8((hex.readUInt8(8) & 0x3f) | 0x80, 8)
  const text = hex.toString('hex').toUpperCase()
  return [
    text.slice(0, 8),
    text.slice(8, 12),
    text.slice(12, 16),
    text.slice(16, 20),
    text.slice(20),
  ].join('-')
}

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
