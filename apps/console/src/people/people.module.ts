import { Module } from "@nestjs/common";
import { SignInModule } from "../sign-in/sign-in.module.js";
import { PeopleController } from "./people.controller.js";
import { People } from "./people.js";
import { TeamsController } from "./teams.controller.js";
import { Teams } from "./teams.js";

/** People and teams. */
@Module({
  imports: [SignInModule],
  controllers: [PeopleController, TeamsController],
  providers: [People, Teams],
})
export class PeopleModule {}
