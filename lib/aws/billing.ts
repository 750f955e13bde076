/** Hours of a month in AWS's price calculator: a twelfth of a year. */
export const hoursPerMonth = 730;

/** Minimum that Athena bills for a query, and accepts as a limit, in bytes (Athena pricing page; API reference, WorkGroupConfiguration). */
export const athenaMinBytes = 10_000_000;

export const athenaTbBytes = 1e12;

/** Memory with which a function gets one whole processor (Lambda guide, memory). */
export const memoryMiBPerCpu = 1_769;
