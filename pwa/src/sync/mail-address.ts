// Where one's own reminders go by mail: a code is asked for, and told.
import type { MailAddressCode, MailAddressWanted } from "../protocol.gen.ts";
import type { Result, Transport } from "./transport.ts";

const ADDRESS = "/api/mail-address";
const done = () => true as const;

export const askCode = (send: Transport, body: MailAddressWanted): Promise<Result<true>> =>
  send({ method: "POST", url: ADDRESS, body, read: done });

export const tellCode = (send: Transport, body: MailAddressCode): Promise<Result<true>> =>
  send({ method: "POST", url: `${ADDRESS}/code`, body, read: done });

export const dropAddress = (send: Transport): Promise<Result<true>> =>
  send({ method: "DELETE", url: ADDRESS, read: done });
