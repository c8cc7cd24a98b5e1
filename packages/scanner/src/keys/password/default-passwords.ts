/**
 * Passwords that tools and tutorials put on keystores. None is a secret. Sources: the Java and Android keytool pages
 * (`changeit`, `android`), Apache, WildFly, Jetty and Spring examples, mitmproxy, Fiddler and Charles, iOS and Android
 * tutorials of mutual TLS.
 */
export const defaultPasswords: readonly string[] = [
  '',
  'changeit',
  'changeme',
  'password',
  'android',
  '123456',
  'secret',
  'test',
  'client',
  '1234',
  '12345678',
  'pass',
  'storepass',
  'keypass',
  'keystore',
  'truststore',
  'mysecret',
  'example',
  'notasecret',
  'default',
  'admin',
  '123456789',
  '1234567890',
  'Password1',
  'passw0rd',
  'qwerty',
  'mitmproxy',
  'charles',
]
