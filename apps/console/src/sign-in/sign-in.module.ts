import { Module } from "@nestjs/common";
import { AccessTokens } from "./access-tokens.js";
import { Accounts } from "./accounts.js";
import { Challenges } from "./challenges.js";
import { Decoys } from "./decoys.js";
import { EnrolmentController } from "./enrolment.controller.js";
import { Enrolments } from "./enrolments.js";
import { Failures } from "./failures.js";
import { FirstLink } from "./first-link.js";
import { Guesses } from "./guesses.js";
import { Invitations } from "./invitations.js";
import { MeController } from "./me.controller.js";
import { MyFactorsController } from "./my-factors.controller.js";
import { PasskeyController } from "./passkey.controller.js";
import { Passkeys } from "./passkeys.js";
import { PasswordHashes } from "./password-hashes.js";
import { Profiles } from "./profiles.js";
import { Proofs } from "./proofs.js";
import { SecondFactors } from "./second-factors.js";
import { Sessions } from "./sessions.js";
import { SignInAnswers } from "./sign-in-answers.js";
import { SignInController } from "./sign-in.controller.js";
import { SignIn } from "./sign-in.js";
import { Tidying } from "./tidying.js";
import { TotpSeeds } from "./totp-seeds.js";

/** How people prove who they are. */
@Module({
  controllers: [
    SignInController,
    PasskeyController,
    EnrolmentController,
    MeController,
    MyFactorsController,
  ],
  providers: [
    AccessTokens,
    Accounts,
    Challenges,
    Decoys,
    Enrolments,
    Failures,
    FirstLink,
    Guesses,
    Invitations,
    Passkeys,
    PasswordHashes,
    Profiles,
    Proofs,
    SecondFactors,
    Sessions,
    SignIn,
    SignInAnswers,
    Tidying,
    TotpSeeds,
  ],
  exports: [SecondFactors, AccessTokens, Invitations, Profiles, Proofs, Sessions, SignIn],
})
export class SignInModule {}
