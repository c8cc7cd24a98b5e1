/** The name of the CA among the raw resources of an Android app: lower case and underscores alone. */
export const androidResource = 'sallyport_development_ca'

/**
 * An Android network security configuration under which a debuggable build, and no other, trusts the
 * development CA: release builds ignore `debug-overrides`.
 */
export function networkSecurityConfig(): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<!-- app/src/debug/res/xml/network_security_config.xml, beside
     app/src/debug/res/raw/${androidResource}.crt, and in the debug manifest
     <application android:networkSecurityConfig="@xml/network_security_config"> -->
<network-security-config>
    <debug-overrides>
        <trust-anchors>
            <certificates src="@raw/${androidResource}" />
        </trust-anchors>
    </debug-overrides>
</network-security-config>
`
}
