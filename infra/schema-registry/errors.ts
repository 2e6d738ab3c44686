/**
 * What the registry refuses, with Confluent's error codes: clients decide by them. The first three digits are the HTTP
 * status. https://docs.confluent.io/platform/current/schema-registry/develop/api.html
 */

export type ErrorStatus = 404 | 409 | 422 | 500;

export class RegistryError extends Error {
  readonly code: string;
  readonly errorCode: number;

  constructor(errorCode: number, message: string) {
    super(message);
    this.code = `registry-${errorCode}`;
    this.errorCode = errorCode;
  }

  get status(): ErrorStatus {
    const status = this.errorCode > 999 ? Math.floor(this.errorCode / 100) : this.errorCode;
    return status === 404 || status === 409 || status === 422 ? status : 500;
  }
}

export const subjectNotFound = (subject: string) => new RegistryError(40401, `Subject '${subject}' not found.`);
export const versionNotFound = (version: number | 'latest') =>
  new RegistryError(40402, `Version ${version} not found.`);
export const schemaNotFound = (id?: number) =>
  new RegistryError(40403, id === undefined ? 'Schema not found' : `Schema ${id} not found`);
export const subjectSoftDeleted = (subject: string) =>
  new RegistryError(40404, `Subject '${subject}' was soft deleted. Set permanent=true to delete permanently`);
export const subjectNotSoftDeleted = (subject: string) =>
  new RegistryError(40405, `Subject '${subject}' was not deleted first before being permanently deleted`);
export const versionSoftDeleted = (subject: string, version: number) =>
  new RegistryError(
    40406,
    `Subject '${subject}' Version ${version} was soft deleted. Set permanent=true to delete permanently`,
  );
export const versionNotSoftDeleted = (subject: string, version: number) =>
  new RegistryError(
    40407,
    `Subject '${subject}' Version ${version} was not deleted first before being permanently deleted`,
  );
export const noSubjectLevel = (subject: string) =>
  new RegistryError(40408, `Subject '${subject}' does not have subject-level compatibility configured`);
export const noSubjectMode = (subject: string) =>
  new RegistryError(40409, `Subject '${subject}' does not have subject-level mode configured`);
export const incompatible = (subject: string, details: readonly string[]) =>
  new RegistryError(
    409,
    `Schema being registered is incompatible with an earlier schema for subject "${subject}", details: [${details.join(', ')}]`,
  );
export const invalidSchema = (why: string) => new RegistryError(42201, why);
export const invalidVersion = (version: string) =>
  new RegistryError(
    42202,
    `The specified version '${version}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string "latest"`,
  );
export const invalidLevel = (levels: readonly string[]) =>
  new RegistryError(42203, `Invalid compatibility level. Valid values are ${levels.join(', ')}`);
export const notPermitted = (why: string) => new RegistryError(42205, why);
export const referenceExists = (subject: string, version: number) =>
  new RegistryError(
    42206,
    `One or more references exist to the schema {subject=${subject},version=${version}}: delete those that refer to it first`,
  );
export const invalidSubject = (subject: string) =>
  new RegistryError(42208, `The specified subject ${JSON.stringify(subject)} is not a valid subject`);
export const tooLarge = (why: string) => new RegistryError(42209, why);
export const storeFailed = (why: string) => new RegistryError(50001, why);
