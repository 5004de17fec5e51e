/*
 * curl's options, `long/short`: those of curl 7.88 (`curl --help all`) and those that came up to 8.17. What is not
 * here is refused, since a guess whether the next argument is its value could sign another request than is sent.
 */

const WITH_VALUE = `
  abstract-unix-socket alt-svc aws-sigv4 cacert capath cert-type cert/E ciphers config/K
  connect-timeout connect-to continue-at/C cookie-jar/c cookie/b create-file-mode crlfile curves
  data-ascii data-binary data-raw data-urlencode data/d delegation dns-interface dns-ipv4-addr
  dns-ipv6-addr dns-servers doh-url dump-header/D ech egd-file engine etag-compare etag-save
  expect100-timeout form-string form/F ftp-account ftp-alternative-to-user ftp-method ftp-port/P
  ftp-ssl-ccc-mode happy-eyeballs-timeout-ms haproxy-clientip header/H hostpubmd5 hostpubsha256
  hsts interface ip-tos ipfs-gateway json keepalive-cnt keepalive-time key key-type knownhosts
  krb libcurl limit-rate local-port login-options mail-auth mail-from mail-rcpt max-filesize
  max-redirs max-time/m netrc-file noproxy oauth2-bearer output-dir output/o parallel-max
  parallel-max-host pass pinnedpubkey preproxy proto proto-default proto-redir proxy-cacert
  proxy-capath proxy-cert proxy-cert-type proxy-ciphers proxy-crlfile proxy-header proxy-key
  proxy-key-type proxy-pass proxy-pinnedpubkey proxy-service-name proxy-tls13-ciphers
  proxy-tlsauthtype proxy-tlspassword proxy-tlsuser proxy-user/U proxy/x proxy1.0 pubkey quote/Q
  random-file range/r rate referer/e request-target request/X resolve retry retry-delay
  retry-max-time sasl-authzid service-name sigalgs socks4 socks4a socks5 socks5-gssapi-service
  socks5-hostname speed-limit/Y speed-time/y ssl-sessions stderr telnet-option/t tftp-blksize
  time-cond/z tls-max tls13-ciphers tlsauthtype tlspassword tlsuser trace trace-ascii
  trace-config unix-socket upload-file/T upload-flags url url-query user-agent/A user/u variable
  vlan-priority write-out/w
`;

const FLAGS = `
  anyauth append/a basic ca-native cert-status compressed compressed-ssh create-dirs crlf digest
  disable-eprt disable-epsv disable/q disallow-username-in-url doh-cert-status doh-insecure
  dump-ca-embed fail-early fail-with-body fail/f false-start follow form-escape ftp-create-dirs
  ftp-pasv ftp-pret ftp-skip-pasv-ip ftp-ssl-ccc ftp-ssl-control get/G globoff/g
  haproxy-protocol head/I help/h http0.9 http1.0/0 http1.1 http2 http2-prior-knowledge http3
  http3-only ignore-content-length include/i insecure/k ipv4/4 ipv6/6 junk-session-cookies/j
  list-only/l location-trusted location/L mail-rcpt-allowfails manual/M metalink mptcp negotiate
  netrc-optional netrc/n next/: no-alpn no-buffer/N no-clobber no-keepalive no-npn
  no-progress-meter no-sessionid ntlm ntlm-wb out-null parallel-immediate parallel/Z path-as-is
  post301 post302 post303 progress-bar/# proxy-anyauth proxy-basic proxy-ca-native proxy-digest
  proxy-http2 proxy-insecure proxy-negotiate proxy-ntlm proxy-ssl-allow-beast
  proxy-ssl-auto-client-cert proxy-tlsv1 proxytunnel/p raw remote-header-name/J remote-name-all
  remote-name/O remote-time/R remove-on-error retry-all-errors retry-connrefused sasl-ir
  show-error/S silent/s skip-existing socks5-basic socks5-gssapi socks5-gssapi-nec ssl
  ssl-allow-beast ssl-auto-client-cert ssl-no-revoke ssl-reqd ssl-revoke-best-effort sslv2/2
  sslv3/3 styled-output suppress-connect-headers tcp-fastopen tcp-nodelay tftp-no-options
  tls-earlydata tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 tlsv1/1 tr-encoding trace-ids trace-time
  use-ascii/B verbose/v version/V xattr
`;

/** What is known of one of curl's options. */
export interface KnownOption {
  readonly name: string;
  readonly takesValue: boolean;
}

/** By long name. */
export const LONG_OPTIONS: ReadonlyMap<string, KnownOption> = new Map(
  [...read(WITH_VALUE, true), ...read(FLAGS, false)].map(({ name, takesValue }) => [
    name,
    { name, takesValue },
  ]),
);

/** By letter. */
export const SHORT_OPTIONS: ReadonlyMap<string, KnownOption> = new Map(
  [...read(WITH_VALUE, true), ...read(FLAGS, false)]
    .filter(({ letter }) => letter !== undefined)
    .map(({ letter, name, takesValue }) => [letter as string, { name, takesValue }]),
);

function read(
  table: string,
  takesValue: boolean,
): (KnownOption & { letter: string | undefined })[] {
  return table
    .trim()
    .split(/\s+/)
    .map((entry) => {
      const [name, letter] = entry.split("/") as [string, string | undefined];
      return { name, letter, takesValue };
    });
}
