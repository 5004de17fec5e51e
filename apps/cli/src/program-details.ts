/** What the help of the program says below its commands. */
export const PROGRAM_DETAILS = `
Environment:
  LACRE_APP_ID    the AppId, where --app-id is not given
  LACRE_API_KEY   the ApiKey, where --key-file is not given; never an argument
  LACRE_PROFILE   the profile, where --profile is not given

Flags come before the environment, and the environment before the profile: lacre profiles --help.

Exit codes:
  0  done, the request was accepted, or the signature matches and nothing is wrong
  1  the request was refused, a cause or a difference was found, a server is at fault, or
     curl could not be run, or its answer is not signed rightly; lacre curl passes on
     curl's own code
  2  wrong use, or input that nothing can be done with

Example:
  lacre keygen --app-id orders
  LACRE_APP_ID=orders LACRE_API_KEY=lk1_… lacre curl https://api.example.com/v1/items`;
