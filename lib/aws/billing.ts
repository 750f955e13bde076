/** A month, as AWS's price calculator has it: a twelfth of a year, in hours. */
export const hoursPerMonth = 730;

/** Memory of a function that comes with one whole processor, in MiB (Lambda guide, memory). */
export const memoryMiBPerCpu = 1_769;
