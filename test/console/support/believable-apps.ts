/** Who could be calling. Names, scopes and numbers are made up. */
export const TEAMS = ["Checkout", "Logistics", "Partners", "Platform"];
export const SERVICES = ["orders-api", "shipping-api", "billing-api"];

interface SeedKey {
  /** Days since it was made. */
  readonly age: number;
  /** Days until it ends. */
  readonly ends?: number;
  readonly scheme?: string;
  readonly secret?: string;
  /** It is the successor of the one before. */
  readonly rotates?: true;
  readonly uses?: readonly string[];
  /** Minutes since it was used. */
  readonly lastUse?: number;
}

export interface SeedApp {
  readonly id: string;
  readonly name: string;
  readonly team: string;
  readonly scopes: readonly string[];
  readonly schemes?: readonly string[];
  readonly networks?: readonly string[];
  readonly limits?: Readonly<Record<string, number>>;
  readonly ring: readonly SeedKey[];
  /** Calls in 20 minutes at noon. */
  readonly traffic: number;
  /** Seconds that its clock is ahead. */
  readonly drift?: number;
  /** Refusals a day, by code. */
  readonly refused: Readonly<Record<string, number>>;
}

export const APPS: readonly SeedApp[] = [
  {
    ...{ id: "shop-web", name: "Web shop", team: "Checkout", traffic: 900 },
    scopes: ["orders:read", "orders:write", "payments:write"],
    limits: { perMinute: 1300, perDay: 250_000 },
    ring: [
      { age: 212, uses: ["10.1.2.3", "10.1.2.9"], lastUse: 3 },
      { age: 2, rotates: true, uses: ["10.1.2.4", "10.1.2.5", "10.1.2.6"], lastUse: 1 },
    ],
    refused: { "signature-mismatch": 14, "timestamp-too-old": 5, "content-mismatch": 2 },
  },
  {
    ...{ id: "shop-mobile", name: "Mobile shop", team: "Checkout", traffic: 640, drift: 6 },
    scopes: ["orders:read", "orders:write"],
    ring: [{ age: 88, ends: 9, uses: ["172.20.4.17"], lastUse: 2 }],
    refused: { "timestamp-too-new": 22, "timestamp-too-old": 9, "nonce-seen": 3 },
  },
  {
    ...{ id: "payments-batch", name: "Nightly settlement", team: "Checkout", traffic: 60 },
    scopes: ["payments:read", "payments:write"],
    networks: ["10.8.0.0/16"],
    ring: [{ age: 340, uses: ["10.8.1.20"], lastUse: 300 }],
    refused: { "network-not-allowed": 2 },
  },
  {
    ...{ id: "stripe", name: "Stripe, to us", team: "Checkout", traffic: 120 },
    ...{ scopes: ["webhooks:stripe"], schemes: ["stripe"] },
    ring: [
      {
        ...{ age: 120, scheme: "stripe", secret: "whsec_dGhpcyBpcyBub3QgYSByZWFsIHNlY3JldCE" },
        ...{ uses: ["54.187.174.169"], lastUse: 6 },
      },
    ],
    refused: { "signature-mismatch": 3 },
  },
  {
    ...{ id: "courier-mobile", name: "Couriers' telephones", team: "Logistics", traffic: 410 },
    ...{ scopes: ["shipments:read", "shipments:scan"], drift: -3.4 },
    ring: [{ age: 45, uses: ["172.20.9.3", "172.20.9.4"], lastUse: 1 }],
    refused: { "nonce-seen": 11, "timestamp-too-old": 16 },
  },
  {
    ...{ id: "warehouse-scanner", name: "Scanners of the warehouse", team: "Logistics" },
    ...{ traffic: 300, scopes: ["stock:write"], drift: 42 },
    ring: [{ age: 400, ends: 3, uses: ["192.168.40.12"], lastUse: 9 }],
    refused: { "timestamp-too-new": 8 },
  },
  {
    ...{ id: "route-planner", name: "Route planner", team: "Logistics", traffic: 85 },
    scopes: ["shipments:read"],
    ring: [{ age: 20, uses: ["10.3.0.8"], lastUse: 4 }],
    refused: {},
  },
  {
    ...{ id: "partner-nordwind", name: "Nordwind Logistik", team: "Partners", traffic: 140 },
    ...{ scopes: ["shipments:read", "rates:read"], limits: { perMinute: 170 } },
    ring: [{ age: 63, uses: ["81.20.14.7"], lastUse: 12 }],
    refused: { "signature-mismatch": 41, "header-unsigned": 6 },
  },
  {
    ...{ id: "partner-azulejo", name: "Azulejo Imports", team: "Partners", traffic: 48 },
    scopes: ["rates:read"],
    ring: [{ age: 7, uses: ["185.44.2.19"], lastUse: 40 }],
    refused: { "scope-insufficient": 7, "host-unknown": 2 },
  },
  {
    ...{ id: "partner-kestrel", name: "Kestrel Freight", team: "Partners", traffic: 0 },
    scopes: ["rates:read"],
    ring: [{ age: 31 }],
    refused: { "key-unusable": 1 },
  },
  {
    ...{ id: "reports", name: "Reports", team: "Platform", traffic: 22 },
    ...{ scopes: ["orders:read", "stock:read"], schemes: ["aws-sigv4", "lacre1"] },
    ring: [{ age: 150, scheme: "aws-sigv4", uses: ["10.0.7.7"], lastUse: 25 }],
    refused: { "credentials-missing": 4 },
  },
  {
    ...{ id: "probe", name: "Watches from outside", team: "Platform", traffic: 20 },
    scopes: [],
    ring: [{ age: 500, uses: ["10.0.0.2"], lastUse: 1 }],
    refused: {},
  },
];

/** What services say of refusals. */
export const REFUSED: Readonly<
  Record<string, { readonly status?: number; readonly proven?: boolean; readonly message: string }>
> = {
  "signature-mismatch": { message: "the signature does not match" },
  "timestamp-too-old": { proven: true, message: "the request was signed 412 s ago" },
  "timestamp-too-new": { proven: true, message: "the request is signed 71 s ahead" },
  "content-mismatch": { proven: true, message: "the content is not what was signed" },
  "nonce-seen": { proven: true, message: "the nonce was used before" },
  "network-not-allowed": { status: 403, proven: true, message: "the app may not call from there" },
  "scope-insufficient": { status: 403, proven: true, message: "the app lacks rates:write" },
  "header-unsigned": { message: "content-type is not signed" },
  "host-unknown": { message: "the host is none of the origins" },
  "key-unusable": { message: "the app has no live key of this scheme" },
  "credentials-missing": { message: "the request has no credentials" },
};
