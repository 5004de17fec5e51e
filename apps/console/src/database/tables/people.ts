import {
  boolean,
  doublePrecision,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
} from "drizzle-orm/pg-core";
import { moment, sealedColumns } from "./columns.js";

/** Who may sign in. Nobody is ever deleted: the audit log speaks of them. */
export const people = pgTable("people", {
  id: text("id").primaryKey(),
  /** In lower case: what is typed at the sign-in. */
  login: text("login").notNull().unique(),
  name: text("name").notNull(),
  email: text("email"),
  role: text("role").notNull(),
  subrole: text("subrole"),
  /** False: can neither sign in nor use what was given out before. */
  active: boolean("active").notNull().default(true),
  /** Goes up whenever all that was given out before must end: a new password, a changed role, a disabled person. */
  sessionVersion: integer("session_version").notNull().default(1),
  createdAt: moment("created_at").notNull().defaultNow(),
  /** Counts changes: what an ETag says. */
  version: integer("version").notNull().default(1),
});

/** What proves who somebody is. One row for each person who has enrolled. */
export const signIns = pgTable("sign_ins", {
  personId: text("person_id")
    .primaryKey()
    .references(() => people.id),
  /** argon2id, in its own text form with parameters and salt. */
  passwordHash: text("password_hash").notNull(),
  ...sealedColumns("totp"),
  /** The last time step whose code was used. A code counts for steps after it alone. */
  lastStep: integer("last_step").notNull().default(0),
  changedAt: moment("changed_at").notNull().defaultNow(),
  /** The last complete sign-in. */
  lastAt: moment("last_at"),
});

/**
 * Failed sign-ins by those who may know no password: by address, and by login and address. Says nothing of whether there
 * is such a login: both are counted alike.
 */
export const failures = pgTable(
  "failures",
  {
    /** What is counted, hashed. */
    subject: text("subject").primaryKey(),
    /** How many there were, less what time has forgiven. */
    spent: doublePrecision("spent").notNull(),
    spentAt: moment("spent_at").notNull(),
  },
  (table) => [index("failures_age").on(table.spentAt)],
);

/** Wrong codes with the right password, by where they came from. See `guesses.ts`. */
export const guesses = pgTable(
  "guesses",
  {
    personId: text("person_id")
      .notNull()
      .references(() => people.id),
    /** `browser:…`, `network:…`, or `unknown` for all the others together. */
    origin: text("origin").notNull(),
    /** The last complete sign-in from here. Null: none so far. */
    knownAt: moment("known_at"),
    step: integer("step").notNull().default(0),
    inStep: integer("in_step").notNull().default(0),
    /** Without a complete sign-in between them. */
    inRow: integer("in_row").notNull().default(0),
    waitUntil: moment("wait_until"),
    /** How many there were, less what time has forgiven. A complete sign-in forgives none. */
    spent: doublePrecision("spent").notNull().default(0),
    spentAt: moment("spent_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.personId, table.origin] })],
);

/** Codes to get in without a phone, each once. Hashed. */
export const recoveryCodes = pgTable("recovery_codes", {
  id: text("id").primaryKey(),
  personId: text("person_id")
    .notNull()
    .references(() => people.id),
  hash: text("hash").notNull().unique(),
  usedAt: moment("used_at"),
});

/** Passkeys: a second factor beside the code. */
export const passkeys = pgTable("passkeys", {
  /** The credential's id, base64url. */
  id: text("id").primaryKey(),
  personId: text("person_id")
    .notNull()
    .references(() => people.id),
  name: text("name").notNull(),
  publicKey: text("public_key").notNull(),
  counter: integer("counter").notNull().default(0),
  transports: text("transports").array().notNull().default([]),
  createdAt: moment("created_at").notNull().defaultNow(),
  lastUsedAt: moment("last_used_at"),
});

/** A sign-in of a browser or of a program: its access tokens name it, and end with it. */
export const sessions = pgTable("sessions", {
  id: text("id").primaryKey(),
  personId: text("person_id")
    .notNull()
    .references(() => people.id),
  /** Which refresh token counts now, by its number. Null: a program's session, which has none. */
  generation: integer("generation"),
  rotatedAt: moment("rotated_at"),
  userAgent: text("user_agent"),
  address: text("address"),
  createdAt: moment("created_at").notNull().defaultNow(),
  lastUsedAt: moment("last_used_at").notNull().defaultNow(),
  expiresAt: moment("expires_at").notNull(),
  endedAt: moment("ended_at"),
});

/** Challenges of passkeys that were answered: each counts once. */
export const usedChallenges = pgTable("used_challenges", {
  challenge: text("challenge").primaryKey(),
  expiresAt: moment("expires_at").notNull(),
});

/** Links that let a person enrol: the first one at the first start, and those that an admin makes. Each once. */
export const invitations = pgTable("invitations", {
  id: text("id").primaryKey(),
  tokenHash: text("token_hash").notNull().unique(),
  /** Null: the first start, where the person is made by the link. */
  personId: text("person_id").references(() => people.id),
  expiresAt: moment("expires_at").notNull(),
  usedAt: moment("used_at"),
});

/** Somebody who is enrolling, or is changing the phone: nothing of it counts before it is confirmed with a code. */
export const enrolments = pgTable("enrolments", {
  ticketHash: text("ticket_hash").primaryKey(),
  /** The link that it began with. Null: a person who is signed in changes the phone. */
  invitationId: text("invitation_id").references(() => invitations.id),
  /** Of a first start: the id that the person will have. */
  personId: text("person_id").notNull(),
  login: text("login"),
  name: text("name"),
  passwordHash: text("password_hash"),
  ...sealedColumns("totp"),
  tries: integer("tries").notNull().default(0),
  expiresAt: moment("expires_at").notNull(),
});

export const teams = pgTable("teams", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  createdAt: moment("created_at").notNull().defaultNow(),
  version: integer("version").notNull().default(1),
});

export const memberships = pgTable(
  "memberships",
  {
    teamId: text("team_id")
      .notNull()
      .references(() => teams.id),
    personId: text("person_id")
      .notNull()
      .references(() => people.id),
    since: moment("since").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.teamId, table.personId] })],
);
