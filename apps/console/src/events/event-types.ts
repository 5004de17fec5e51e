/** What can be told, and how it looks: the `data` of a message. */
export const EVENT_TYPES = {
  "key.expiring": {
    description: "A key ends soon. Once for each of the days that the settings name.",
    example: {
      appId: "shop",
      keyId: "k_tQ2fYh0cXw5v8mZd",
      scheme: "lacre1",
      expiresAt: "2026-03-08T09:00:00.000Z",
      days: 7,
    },
  },
  "key.expired": {
    description: "A key has ended, and opens nothing any more.",
    example: {
      appId: "shop",
      keyId: "k_tQ2fYh0cXw5v8mZd",
      scheme: "lacre1",
      expiresAt: "2026-03-08T09:00:00.000Z",
      lastUsedAt: "2026-03-08T08:57:00.000Z",
    },
  },
  "key.old-used": {
    description:
      "A key that was replaced is still used: late in a rotation, or after its end. Once a day for each key.",
    example: {
      appId: "shop",
      keyId: "k_tQ2fYh0cXw5v8mZd",
      replacedBy: "k_9bJr3uVn1LkS6xEa",
      expiresAt: "2026-03-08T09:00:00.000Z",
      lastUsedAt: "2026-03-08T08:57:00.000Z",
    },
  },
  "app.replay-storm": {
    description:
      "More requests of an app than the settings allow were refused within a minute as sent before. Once for each storm.",
    example: { appId: "shop", minute: "2026-03-01T12:34:00.000Z", count: 412, allowed: 20 },
  },
  "webhook.test": {
    description: "Somebody asked for it, to see whether messages arrive.",
    example: { endpointId: "wh_5mC0yqRz7Ge2TjPd" },
  },
} as const;

export type EventType = keyof typeof EVENT_TYPES;

export const EVENT_NAMES = Object.keys(EVENT_TYPES) as [EventType, ...EventType[]];
