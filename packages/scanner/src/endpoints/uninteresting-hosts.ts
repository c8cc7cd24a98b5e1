// A table: hosts whose addresses stand in packages as names of namespaces, licences and pages for developers.

/** Each with everything below it. */
const domains = new Set([
  // Namespaces, schemas, profiles
  'w3.org', 'xml.org', 'xmlsoap.org', 'xmlpull.org', 'schemas.android.com', 'schemas.microsoft.com',
  'schemas.openxmlformats.org', 'ns.adobe.com', 'purl.org', 'purl.oclc.org', 'iptc.org', 'json-schema.org',
  'relaxng.org', 'dublincore.org', 'ogp.me', 'schema.org', 'jabber.org', 'aomedia.org', 'npes.org',
  'opengis.net', 'osgi.org', 'jcp.org', 'sun.com', 'java.net', 'jboss.org', 'hibernate.org', 'xmlns.com',
  'khronos.org', 'color.org', 'dashif.org', 'dolby.com', 'widevine.com', 'cipa.jp', 'aiim.org', 'inkscape.org',
  'sodipodi.sourceforge.net', 'bohemiancoding.com', 'serif.com', 'exslt.org', 'iec.ch', 'saxproject.org',
  // Standards
  'ietf.org', 'rfc-editor.org', 'iana.org', 'unicode.org', 'iso.org', 'itu.int', 'oasis-open.org',
  'openid.net', 'whatwg.org', 'tc39.es', 'ecma-international.org', 'webidl.org', 'csswg.org',
  // Licences and forges
  'apache.org', 'opensource.org', 'gnu.org', 'fsf.org', 'creativecommons.org', 'eclipse.org', 'mozilla.org',
  'spdx.org', 'github.com', 'githubusercontent.com', 'gitlab.com', 'bitbucket.org', 'sourceforge.net',
  'codeberg.org', 'npmjs.com', 'npmjs.org', 'unpkg.com', 'maven.org', 'pypi.org', 'golang.org', 'go.dev',
  'crates.io', 'nuget.org', 'jitpack.io', 'scripts.sil.org', 'sil.org', 'unlicense.org',
  // Platforms and languages, for developers
  'developer.android.com', 'source.android.com', 'android.googlesource.com', 'googlesource.com',
  'issuetracker.google.com', 'b.corp.google.com', 'crbug.com', 'chromium.org', 'chromestatus.com',
  'developers.google.com', 'cloud.google.com', 'console.cloud.google.com', 'console.firebase.google.com',
  'console.developers.google.com', 'firebase.google.com', 'support.google.com', 'policies.google.com',
  'g.co', 'goo.gl', 'goo.gle', 'developer.apple.com', 'support.apple.com', 'webkit.org', 'llvm.org', 'gcc.gnu.org',
  'swift.org', 'kotlinlang.org', 'jetbrains.com', 'youtrack.jetbrains.com', 'kotl.in', 'oracle.com', 'openjdk.org',
  'dart.dev', 'flutter.dev', 'flutter.io', 'dartbug.com', 'reactjs.org', 'react.dev', 'reactnative.dev', 'fb.me',
  'facebook.github.io', 'expo.fyi', 'docs.expo.dev', 'nodejs.org', 'nodejs.dev', 'deno.land', 'jquery.com',
  'jquery.org', 'jqueryui.com', 'angular.io', 'angular.dev', 'angularjs.org', 'vuejs.org', 'svelte.dev',
  'webpack.js.org', 'babeljs.io', 'redux.js.org', 'redux-toolkit.js.org', 'mobx.js.org', 'lodash.com', 'momentjs.com',
  'rxjs.dev', 'reactivex.io', 'requirejs.org', 'getbootstrap.com', 'ionicframework.com', 'cordova.io',
  'nativescript.org', 'typescriptlang.org', 'mozilla.com', 'cppreference.com', 'boost.org', 'openssl.org',
  'openssl-library.org', 'zlib.net', 'sqlite.org', 'bouncycastle.org', 'curl.se', 'curl.haxx.se', 'libpng.org',
  'freetype.org', 'ffmpeg.org', 'videolan.org', 'python.org', 'ruby-lang.org', 'rust-lang.org', 'unity.com',
  'unity3d.com', 'gradle.org', 'slf4j.org', 'logback.qos.ch', 'junit.org', 'hamcrest.org', 'checkerframework.org',
  'errorprone.info', 'dagger.dev', 'netty.io', 'spring.io', 'springframework.org', 'jsoup.org', 'square.github.io',
  'microsoft.github.io', 'google.github.io', 'swagger.io', 'openapis.org', 'grpc.io', 'protobuf.dev', 'graphql.org',
  'mths.be', 'feross.org', 'paulmillr.com', 'zloirock.ru', 'blog.izs.me', 'no-color.org', 'caniuse.com', 'html5rocks.com',
  'w3schools.com', 'mdn.io', 'git.io', 'bit.ly', 't.co', 'youtu.be', 'tinyurl.com', 'aka.ms', 'go.microsoft.com',
  'stackoverflow.com', 'stackexchange.com', 'superuser.com', 'wikipedia.org', 'wikimedia.org', 'medium.com',
  'blogspot.com', 'wordpress.com', 'readthedocs.io', 'readthedocs.org', 'gitbook.io', 'man7.org', 'die.net',
  'docs.microsoft.com', 'learn.microsoft.com', 'docs.aws.amazon.com', 'docs.sentry.io', 'docs.oracle.com',
  // RFC 2606, RFC 6761, and what people write instead
  'example.com', 'example.org', 'example.net', 'example', 'test', 'invalid', 'localhost', 'domain.com',
  'yourdomain.com', 'mydomain.com', 'foo.com', 'bar.com', 'foo.bar', 'acme.com', 'host.com', 'server.com', 'bogus.com',
]) // biome-ignore format: a list

/** First labels of hosts that serve documents, and what certificates point to: revocation lists, issuers, policies. */
const firstLabels = new Set([
  'docs', 'doc', 'developer', 'developers', 'help', 'support', 'blog', 'wiki', 'bugs', 'bugzilla', 'jira', 'issues',
  'schemas', 'schema', 'xmlns', 'ocsp', 'ocsp1', 'ocsp2', 'crl', 'crl1', 'crl2', 'crl3', 'crl4', 'crls', 'cacerts',
  'aia', 'cps', 'pki', 'certs', 'status',
]) // biome-ignore format: a list

/** Paths of what is no service: definitions of types and schemas, scopes of Google's OAuth, features of XML parsers. */
const definitions =
  /^\/auth\/[a-z.]+$|^\/feature(?:s?\/|$)|\.(?:dtd|xsd|wsdl|rng)$|\/dtds?\/|^\/dtd/i

/** @param host in lower case */
export function isOfInterest(host: string, path: string): boolean {
  if (definitions.test(path)) return false
  const labels = host.split('.')
  // Packages of Java that are written like hosts.
  if (labels[0] === 'javax' || labels[0] === 'java') return false
  if (labels.length > 2 && firstLabels.has(labels[0] as string)) return false
  for (let from = 0; from < labels.length; from += 1) {
    if (domains.has(labels.slice(from).join('.'))) return false
  }
  return true
}
