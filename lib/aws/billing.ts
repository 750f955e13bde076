/** A month, as AWS's price calculator has it: a twelfth of a year, in hours. */
export const hoursPerMonth = 730;

/** Least that Athena bills for a query, and takes for a limit, in bytes (Athena pricing page; API reference, WorkGroupConfiguration). */
export const athenaMinBytes = 10_000_000;

/** A TB that Athena bills, in bytes. */
export const athenaTbBytes = 1e12;

/** Memory of a function that comes with one whole processor, in MiB (Lambda guide, memory). */
export const memoryMiBPerCpu = 1_769;
